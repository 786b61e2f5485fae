import type { StartWithUpdateReply, StartWithUpdateRequest } from "@heddle/core";
import type { WorkflowStatus } from "@heddle/protocol";
import { searchArguments, searchKeys } from "../search/change-search.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { parseNotStarted } from "./replies.js";
import type { Replaceable } from "./start.js";
import { parseState } from "./update.js";

const script = defineScript<(limits: StoreContext["limits"]) => StartWithUpdateReply | Replaceable>(
  {
    name: "start-with-update",
    keys: [
      "lease",
      "inbox",
      "tombstones",
      "types",
      "header",
      "history",
      "signalIds",
      "index",
      "previousIndex",
      "timers",
      "feed",
      "…search",
    ],
    args: [
      "workflowId",
      "runId",
      "type",
      "input",
      "idempotencyKey",
      "onOpen",
      "onClosed",
      "previousType",
      "previousStatus",
      "name",
      "updateInput",
      "updateId",
      "channel",
      "runCap",
      "partitionCap",
      "executionTimeoutMs",
      "runTimeoutMs",
      "…search",
    ],
    parse: (reply) => (limits) => {
      const outcome = reply.tag;
      switch (outcome) {
        case "started":
        case "existing":
          return { outcome, update: parseState(reply.at(1)) };
        case "suspended":
          return { outcome: "existing", update: { outcome: "suspended", runId: reply.at(1).text } };
        default:
          return parseNotStarted(reply, limits);
      }
    },
  },
  import.meta.url,
);

/** `channel`: to tell of the update's progress, "" for none. One call, or two when a closed predecessor is replaced (as `start`). */
export async function startWithUpdate(
  context: StoreContext,
  request: StartWithUpdateRequest,
  channel: string,
  previous?: { type: string; status: WorkflowStatus },
): Promise<StartWithUpdateReply> {
  const { workflowId, runId, type, update } = request;
  const keys = context.keys.partitionOf(workflowId);
  const reply = await context.scripts.run(
    script,
    [
      keys.lease,
      keys.inbox,
      keys.tombstones,
      keys.types,
      keys.header(workflowId),
      keys.history(workflowId),
      keys.signalIds(workflowId),
      keys.index(type, "pending"),
      keys.index(previous?.type ?? "", previous?.status ?? "completed"),
      keys.timers,
      keys.feed,
      ...(request.search === undefined && previous === undefined
        ? []
        : [...searchKeys(keys), keys.offloaded(workflowId)]),
    ],
    [
      workflowId,
      runId,
      type,
      request.input,
      request.idempotencyKey ?? "",
      request.onOpen,
      request.onClosed,
      previous?.type ?? "",
      previous?.status ?? "completed",
      update.name,
      update.input,
      update.updateId,
      channel,
      context.limits.runInboxCap,
      context.limits.partitionInboxCap,
      request.times?.executionTimeoutMs ?? "",
      request.times?.runTimeoutMs ?? "",
      ...searchArguments(request.search),
    ],
  );
  const outcome = reply(context.limits);
  return outcome.outcome === "replaceable" ? startWithUpdate(context, request, channel, outcome) : outcome;
}
