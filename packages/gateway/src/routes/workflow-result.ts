import type { WorkflowClient } from "@heddle/core";
import { isClosedStatus } from "@heddle/protocol";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { Drain } from "../drain.js";
import type { GatewayApp } from "../gateway-app.js";
import { toPlainJson } from "../json/plain-json.js";
import { RETRY_AFTER_SECONDS } from "../problem/problem.js";
import { wholeNumber, workflowPath } from "./parameters.js";
import { jsonReply, plainPayload, PROBLEMS } from "./replies.js";

const MAX_WAIT_MS = 60_000;
/** A run known to be closed has its result already; this only bounds the read. */
const CLOSED_WAIT_MS = 1_000;

const completed = z
  .object({ status: z.literal("completed"), result: plainPayload })
  .meta({ id: "WorkflowResult" });
const running = z
  .object({ status: z.literal("running").describe("Not closed yet; GET the workflow for its exact status") })
  .meta({ id: "WorkflowStillRunning" });

export function workflowResult(api: GatewayApp, client: WorkflowClient, drain: Drain): void {
  api.get(
    "/workflows/:id/result",
    {
      schema: {
        operationId: "getWorkflowResult",
        summary: "Result of the current run, or of a named one, waiting for it if asked to",
        description:
          "A failed, cancelled, terminated or timed-out run is answered with a problem: WORKFLOW_FAILED, WORKFLOW_CANCELLED, " +
          "WORKFLOW_TERMINATED or WORKFLOW_TIMED_OUT, with the workflow's own error as `details.cause`.",
        tags: ["workflows"],
        params: workflowPath,
        querystring: z.strictObject({
          waitMs: wholeNumber({
            least: 0,
            most: MAX_WAIT_MS,
            description: "Longest wait for the run to close. Without it: 0",
          }).optional(),
          runId: z
            .string()
            .optional()
            .describe(
              "Wait for this run, and for those it continues as; 404 when another has taken its place",
            ),
        }),
        response: {
          200: jsonReply("The run completed", completed),
          202: jsonReply("Not closed within waitMs, or the gateway is draining; ask again", running),
          ...PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { waitMs = 0, runId } = request.query;
      const poll = {
        id,
        runId,
        waitMs: waitMs === 0 || drain.hasBegun ? await waitWithoutPatience(client, id) : waitMs,
      };
      const result = poll.waitMs === 0 ? undefined : await resultWithin({ client, drain, reply, ...poll });
      if (result !== undefined) return { status: "completed" as const, result: toPlainJson(result.value) };
      return reply
        .code(202)
        .header("retry-after", String(RETRY_AFTER_SECONDS))
        .send({ status: "running" as const });
    },
  );
}

/** How long to wait when the caller does not want to: 0 for an open run. */
async function waitWithoutPatience(client: WorkflowClient, id: string): Promise<number> {
  const { status } = await client.describe(id);
  return isClosedStatus(status) ? CLOSED_WAIT_MS : 0;
}

/** The result, or undefined when the wait passed, draining began or the caller went away. */
async function resultWithin(poll: {
  client: WorkflowClient;
  drain: Drain;
  reply: FastifyReply;
  id: string;
  runId: string | undefined;
  waitMs: number;
}): Promise<{ value: unknown } | undefined> {
  const wait = new AbortController();
  const passed = new Promise<undefined>((resolve) => {
    wait.signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const end = (): void => wait.abort();
  const timer = setTimeout(end, poll.waitMs);
  const forgetDrain = poll.drain.onBegin(end);
  poll.reply.raw.once("close", end);
  try {
    const run = poll.runId === undefined ? {} : { runId: poll.runId };
    const options = { ...run, signal: wait.signal };
    const result = poll.client.result(poll.id, options).then((value) => ({ value }));
    // The race keeps the promised time also while the store cannot look at the signal, as in an outage of Redis.
    return await Promise.race([passed, result]);
  } finally {
    clearTimeout(timer);
    forgetDrain();
    poll.reply.raw.off("close", end);
  }
}
