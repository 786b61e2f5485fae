import type { WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { idempotencyKeyHeader, idOfKey } from "./idempotency-key.js";
import { namedPath } from "./parameters.js";
import { jsonReply, PROBLEMS, runId, workflowId } from "./replies.js";
import { assertSteersNothing } from "./steering-names.js";

const signalBody = z
  .strictObject({
    payload: z.unknown().optional().describe("Any JSON"),
    signalId: z
      .string()
      .optional()
      .describe("1–128 UTF-8 bytes; a repeated id of the same signal name is delivered once"),
  })
  .meta({ id: "SignalWorkflow" });

/** The same where no path names workflow and signal. */
export const signalEntry = z
  .strictObject({
    id: workflowId,
    name: z.string().describe("Name of the signal: 1–128 UTF-8 bytes"),
    ...signalBody.shape,
  })
  .meta({ id: "SignalEntry" });

export const acknowledgement = z
  .object({ id: workflowId, runId, signalId: z.string().optional().describe("As given; absent without one") })
  .meta({ id: "SignalAcknowledgement" });

export function signalWorkflow(api: GatewayApp, client: WorkflowClient): void {
  api.post(
    "/workflows/:id/signals/:name",
    {
      schema: {
        operationId: "signalWorkflow",
        summary: "Deliver a signal",
        description: "Answers when the signal is accepted; a duplicate gets the same answer as the first.",
        tags: ["workflows"],
        params: namedPath("signal"),
        headers: idempotencyKeyHeader,
        body: signalBody,
        response: {
          202: jsonReply("Accepted, also when it was accepted before", acknowledgement),
          ...PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      const signalId = idOfKey(request, request.body.signalId);
      return reply
        .code(202)
        .send(await acceptSignal(client, { ...request.params, ...request.body, signalId }));
    },
  );
}

/** Delivers the signal that was asked for, whichever way it came. */
export async function acceptSignal(
  client: WorkflowClient,
  { id, name, payload, signalId }: z.output<typeof signalEntry>,
): Promise<z.output<typeof acknowledgement>> {
  assertSteersNothing(name);
  const accepted = await client.signal(id, name, payload, { signalId });
  return { id: accepted.workflowId, runId: accepted.runId, signalId: accepted.signalId };
}
