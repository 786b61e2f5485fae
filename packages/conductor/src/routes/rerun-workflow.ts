import { changes, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { readBean } from "../definition/read-request.js";
import { jsonBean, jsonMap } from "../definition/json-bean.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { heedingKey, keyHeader, keyOf } from "./idempotency-key.js";
import { flagParameter, workflowPath } from "./parameters.js";

const rerunRequest = jsonBean({
  reRunFromWorkflowId: z.string().optional(),
  reRunFromTaskId: z.string().optional(),
  workflowInput: jsonMap.optional(),
  taskInput: jsonMap.optional(),
  correlationId: z.string().optional(),
});

/** Lets executions that have ended go on. */
export function rerunWorkflowRoutes(app: GatewayApp, { reruns }: ConductorServices): void {
  app.post(
    "/workflow/:id/restart",
    heedingKey(
      conductorRoute("restartWorkflow", changes("operator"), {
        summary: "Restart an execution that has ended, from the beginning",
        params: workflowPath,
        headers: keyHeader,
        querystring: z.object({ useLatestDefinitions: flagParameter(false) }),
      }),
    ),
    async (request, reply) => {
      await reruns.restart(request.params.id, request.query, keyOf(request));
      return reply.code(204).send();
    },
  );

  app.post(
    "/workflow/:id/retry",
    heedingKey(
      conductorRoute("retryWorkflow", changes("operator"), {
        summary: "Retry what failed in an execution that has ended",
        params: workflowPath,
        headers: keyHeader,
        querystring: z.object({ resumeSubworkflowTasks: flagParameter(false) }),
      }),
    ),
    async (request, reply) => {
      await reruns.retry(request.params.id, request.query, keyOf(request));
      return reply.code(204).send();
    },
  );

  app.post(
    "/workflow/:id/rerun",
    heedingKey(
      conductorRoute("rerunWorkflow", changes("operator"), {
        summary: "Rerun an execution that has ended from one of its tasks",
        params: workflowPath,
        headers: keyHeader,
        body: z.unknown(),
      }),
    ),
    async (request, reply) => {
      const { id } = request.params;
      const rerun = readBean("rerun request", rerunRequest, request.body ?? {});
      await reruns.rerun(id, rerun, keyOf(request));
      return reply.type("text/plain").send(id);
    },
  );
}
