import type { WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { idempotencyKeyHeader, operationIdOfKey } from "./idempotency-key.js";
import { workflowPath } from "./parameters.js";
import { operationId } from "./operation-id.js";
import { jsonReply, PROBLEMS, workflowId } from "./replies.js";

const stopBody = z
  .strictObject({ reason: z.string().max(1_000).optional().describe("Kept in the history") })
  .meta({ id: "StopWorkflow" });
const terminateBody = stopBody.extend({ operationId }).meta({ id: "TerminateWorkflow" });
const emptyBody = z.strictObject({}).meta({ id: "NoOptions" });
const accepted = z.object({ id: workflowId }).meta({ id: "ControlAcknowledgement" });

/** Cancel, terminate, suspend and resume. Repeating one changes nothing. */
export function controlWorkflow(api: GatewayApp, client: WorkflowClient): void {
  stopRoute(api, {
    verb: "cancel",
    summary: "Ask the code to stop; it sees a CancelledError and may clean up",
    body: stopBody,
    act: (id, options) => client.cancel(id, options),
  });
  stopRoute(api, {
    verb: "terminate",
    summary: "Close the run at once; its code does not run any more",
    body: terminateBody,
    act: (id, options, operationId) => client.terminate(id, options, { operationId }),
  });
  holdRoute(api, {
    verb: "suspend",
    summary: "Hold the code back; signals and timers are kept",
    act: (id) => client.suspend(id),
  });
  holdRoute(api, {
    verb: "resume",
    summary: "Let a suspended run go on, with what was kept, in order",
    act: (id) => client.resume(id),
  });
}

function stopRoute(
  api: GatewayApp,
  route: {
    verb: "cancel" | "terminate";
    summary: string;
    body: typeof stopBody | typeof terminateBody;
    act: (id: string, options: { reason?: string }, operationId: string | undefined) => Promise<void>;
  },
): void {
  api.post(
    `/workflows/:id/${route.verb}`,
    { schema: { ...documentation(route), body: route.body } },
    async (request, reply) => {
      const { id } = request.params;
      const { reason } = request.body;
      const inBody = "operationId" in request.body ? request.body.operationId : undefined;
      const operation = inBody ?? operationIdOfKey(request);
      await route.act(id, reason === undefined ? {} : { reason }, operation);
      return reply.code(202).send({ id });
    },
  );
}

function holdRoute(
  api: GatewayApp,
  route: { verb: "suspend" | "resume"; summary: string; act: (id: string) => Promise<void> },
): void {
  api.post(
    `/workflows/:id/${route.verb}`,
    { schema: { ...documentation(route), body: emptyBody } },
    async (request, reply) => {
      const { id } = request.params;
      await route.act(id);
      return reply.code(202).send({ id });
    },
  );
}

function documentation({ verb, summary }: { verb: string; summary: string }) {
  return {
    operationId: `${verb}Workflow`,
    summary,
    tags: ["workflows"],
    params: workflowPath,
    headers: idempotencyKeyHeader,
    response: { 202: jsonReply("Accepted, also when it already was so", accepted), ...PROBLEMS },
  };
}
