import { changes, type GatewayApp } from "@heddle/gateway";
import { HeddleError } from "@heddle/protocol";
import { z } from "zod";
import { mapBody } from "./body.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { answerStopped, returnStrategy } from "./execute-workflow.js";
import { numberParameter } from "./parameters.js";
import { resultStatus } from "./task-status-word.js";

const DEFAULT_TIMEOUT_MS = 5_000;
const LONGEST_TIMEOUT_MS = 60_000;

const signalPath = z.object({
  id: z.string().describe("Workflow id"),
  status: z.string().describe("What the task becomes, for example COMPLETED"),
});

export function signalRoutes(app: GatewayApp, services: ConductorServices): void {
  const { taskUpdates } = services;
  const signal = (request: { readonly params: z.output<typeof signalPath>; readonly body: unknown }) =>
    taskUpdates.signal(request.params.id, {
      status: resultStatus(request.params.status),
      outputData: mapBody("output", request.body),
    });

  app.post(
    "/tasks/:id/:status/signal",
    conductorRoute("signalWorkflow", changes("signaller"), {
      summary: "End the first open WAIT of an execution, or of its sub-workflows",
      description: "Answered the same when none is open: a signal that comes too early is lost.",
      params: signalPath,
      body: z.unknown(),
    }),
    async (request, reply) => {
      await signal(request);
      return reply.send();
    },
  );

  app.post(
    "/tasks/:id/:status/signal/sync",
    conductorRoute("signalWorkflowSync", changes("signaller"), {
      summary: "The same, answered when the execution has ended or waits again",
      params: signalPath,
      querystring: z.object({ returnStrategy, timeoutMillis: numberParameter(0) }),
      body: z.unknown(),
    }),
    async (request, reply) => {
      const { id: workflowId } = request.params;
      const { returnStrategy, timeoutMillis = DEFAULT_TIMEOUT_MS } = request.query;
      if ((await signal(request)) === undefined) {
        throw new HeddleError(
          "TASK_NOT_FOUND",
          `workflow ${workflowId} has no task that waits for a signal; look at its tasks`,
          { details: { workflowId } },
        );
      }
      const waitMs = Math.min(timeoutMillis, LONGEST_TIMEOUT_MS);
      return answerStopped(reply, services, { workflowId, returnStrategy, waitMs });
    },
  );
}
