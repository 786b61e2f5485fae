import { changes, reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { readTaskResult } from "../definition/task-result.js";
import { noSuchTask } from "../executions/no-such-execution.js";
import { mapBody } from "./body.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { resultStatus } from "./task-status-word.js";

const taskPath = z.object({
  id: z.string().describe("Workflow id"),
  ref: z.string().describe("Reference name, with or without the number of an iteration"),
  status: z.string().describe("COMPLETED, FAILED, FAILED_WITH_TERMINAL_ERROR, IN_PROGRESS or CANCELED"),
});
const workerid = z.string().optional();

export function taskUpdateRoutes(
  app: GatewayApp,
  { executions, results, taskUpdates }: ConductorServices,
): void {
  app.get(
    "/tasks/:taskId",
    conductorRoute("getTask", reads("reader"), {
      summary: "A task",
      params: z.object({ taskId: z.string() }),
    }),
    (request) => executions.task(request.params.taskId),
  );

  app.post(
    "/tasks",
    conductorRoute("updateTaskResult", changes("worker"), {
      summary: "End a task, or tell of its progress, by its id; its output is replaced",
      body: z.unknown(),
    }),
    async (request, reply) => {
      const result = readTaskResult(request.body);
      request.auditObject = result.workflowInstanceId;
      await results.take(result);
      return reply.type("text/plain").send(result.taskId);
    },
  );

  const updateByRef = (request: {
    readonly params: z.output<typeof taskPath>;
    readonly query: { readonly workerid?: string | undefined };
    readonly body: unknown;
  }) => {
    const { id, ref, status } = request.params;
    return taskUpdates.update(id, {
      taskReferenceName: ref,
      status: resultStatus(status),
      outputData: mapBody("output", request.body),
      mergeOutput: true,
      workerId: request.query.workerid,
    });
  };

  app.post(
    "/tasks/:id/:ref/:status",
    conductorRoute("updateTaskByReference", changes("worker"), {
      summary:
        "End an open task, or tell of its progress, by its reference name; the body is merged into its output",
      description: "Answers with the id of the task, and with nothing when no task of that name is open.",
      params: taskPath,
      querystring: z.object({ workerid }),
      body: z.unknown(),
    }),
    async (request, reply) => {
      const { taskId, outcome } = await updateByRef(request);
      return reply.type("text/plain").send(outcome === "applied" ? taskId : "");
    },
  );

  app.post(
    "/tasks/:id/:ref/:status/sync",
    conductorRoute("updateTaskByReferenceSync", changes("worker"), {
      summary: "The same, answered with the execution",
      params: taskPath,
      querystring: z.object({ workerid }),
      body: z.unknown(),
    }),
    async (request) => {
      const { outcome } = await updateByRef(request);
      if (outcome !== "applied") throw noSuchTask(`${request.params.ref} of ${request.params.id}`);
      return executions.read(request.params.id);
    },
  );
}
