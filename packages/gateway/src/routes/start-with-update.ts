import type { WorkflowClient } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import type { Drain } from "../drain.js";
import type { GatewayApp } from "../gateway-app.js";
import { toPlainJson } from "../json/plain-json.js";
import { RETRY_AFTER_SECONDS } from "../problem/problem.js";
import { idempotencyKeyHeader, idOfKey } from "./idempotency-key.js";
import { jsonReply, plainPayload, PROBLEMS, runId, workflowId } from "./replies.js";
import { timeoutFields } from "./run-times.js";
import { searchFields, searchOptionsOf } from "./search-fields.js";
import { whileWaiting } from "./update-wait.js";
import { assertSteersNothing } from "./steering-names.js";

const startWithUpdateBody = z
  .strictObject({
    type: z.string().describe("Workflow type, used when the workflow is created"),
    input: z.unknown().optional().describe("Input, used when the workflow is created"),
    update: z.strictObject({
      name: z.string().describe("1–128 UTF-8 bytes"),
      input: z.unknown().optional().describe("Any JSON"),
      updateId: z
        .string()
        .optional()
        .describe("1–128 UTF-8 bytes; a repeated id is done once. Without it: the idempotency key"),
      waitFor: z
        .enum(["completed", "accepted"])
        .optional()
        .describe(
          "What the answer waits for. Without it: completed. See the result route for what follows `accepted`",
        ),
    }),
    id: workflowId.optional(),
    idempotencyKey: z
      .string()
      .optional()
      .describe("1–117 UTF-8 bytes. Names the workflow, and the update without an id. Excludes id"),
    idConflict: z
      .enum(["use-existing", "fail"])
      .optional()
      .describe("When an open workflow has the id. Without it: use-existing"),
    idReuse: z
      .enum(["allow", "allow-failed-only", "reject"])
      .optional()
      .describe("When a closed workflow has the id. Without it: allow"),
    ...timeoutFields,
    ...searchFields,
  })
  .meta({ id: "StartWithUpdate" });

const completed = z
  .object({
    id: workflowId,
    runId,
    outcome: z.enum(["started", "existing"]),
    status: z.literal("completed"),
    result: plainPayload,
  })
  .meta({ id: "UpdatedWorkflow" });
const accepted = z
  .object({
    id: workflowId,
    outcome: z.enum(["started", "existing"]),
    status: z.literal("accepted"),
    updateId: z.string(),
    runId,
    firstRunId: runId,
  })
  .meta({ id: "WorkflowWithAcceptedUpdate" });
const pending = z.object({ status: z.literal("pending") }).meta({ id: "StartWithUpdatePending" });

export function startWithUpdate(api: GatewayApp, client: WorkflowClient, drain: Drain): void {
  api.post(
    "/workflows/start-with-update",
    {
      schema: {
        operationId: "startWithUpdate",
        summary: "Start a workflow with an update, or have the open one take it, atomically",
        description:
          "Waits up to 60 s for the update; repeat the request, with the same ids, to wait on. A workflow that was " +
          "started goes on whatever becomes of the update. Problems are those of a start and of an update.",
        tags: ["workflows"],
        headers: idempotencyKeyHeader,
        body: startWithUpdateBody,
        response: {
          200: jsonReply("The update is completed, now or before", completed),
          202: jsonReply(
            "Accepted; or not that far yet, or the gateway is draining",
            z.union([accepted, pending]),
          ),
          ...PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      const { type, input, update: asked, ...options } = request.body;
      const { waitFor = "completed", ...update } = asked;
      const named = {
        ...options,
        ...searchOptionsOf(options),
        idempotencyKey: idOfKey(request, options.idempotencyKey),
      };
      assertSteersNothing(update.name);
      assertRepeatable(named, update.updateId);
      const askAgain = () =>
        reply.code(202).header("retry-after", String(RETRY_AFTER_SECONDS)).send({ status: "pending" });
      if (waitFor === "accepted") {
        const started = await whileWaiting({ drain, reply }, (signal) =>
          client.updates.startWithStart(type, input, { ...update, signal }, named),
        );
        if (started === undefined) return askAgain();
        const { outcome, update: found } = started;
        const { workflowId: id, updateId, runId, firstRunId } = found;
        return reply.code(202).send({ id, outcome, status: "accepted", updateId, runId, firstRunId });
      }
      const done = await whileWaiting({ drain, reply }, (signal) =>
        client.updates.executeWithStart(type, input, { ...update, signal }, named),
      );
      if (done === undefined) return askAgain();
      const { workflowId: id, runId, outcome, result } = done;
      return { id, runId, outcome, status: "completed" as const, result: toPlainJson(result) };
    },
  );
}

/** A request whose answer was lost, or is not there yet, is sent again: it has to find what it has done. */
function assertRepeatable(
  { id, idempotencyKey }: { id?: string | undefined; idempotencyKey?: string | undefined },
  updateId: string | undefined,
): void {
  if (idempotencyKey !== undefined || (id !== undefined && updateId !== undefined)) return;
  throw new InvalidArgumentError(
    "a repeated request would start another workflow or send another update; give idempotencyKey, or id and update.updateId",
    { details: { field: id === undefined ? "id" : "update.updateId" } },
  );
}
