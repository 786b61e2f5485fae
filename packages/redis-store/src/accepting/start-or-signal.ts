import type { StartOrSignalReply, StartOrSignalRequest } from "@heddle/core";
import type { WorkflowStatus } from "@heddle/protocol";
import { searchArguments, searchKeys } from "../search/change-search.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { deliveryKey, lateDelivery } from "./delivery.js";
import { inboxFull, parseClosedStatus, parseRunStatus } from "./replies.js";
import { signalKey } from "./signal.js";
import type { Replaceable } from "./start.js";

const script = defineScript<
  (limits: StoreContext["limits"]) => StartOrSignalReply | Replaceable | { outcome: "expired" }
>(
  {
    name: "start-or-signal",
    keys: [
      "lease",
      "inbox",
      "operations",
      "tombstones",
      "types",
      "header",
      "history",
      "signalIds",
      "index",
      "previousIndex",
      "timers",
      "delivery",
      "feed",
      "…search",
    ],
    args: [
      "workflowId",
      "runId",
      "type",
      "input",
      "idempotencyKey",
      "onClosed",
      "previousType",
      "previousStatus",
      "name",
      "payload",
      "signalKey",
      "signalId",
      "runCap",
      "partitionCap",
      "executionTimeoutMs",
      "runTimeoutMs",
      "notAfterMs",
      "…search",
    ],
    parse: (reply) => (limits) => {
      switch (reply.tag) {
        case "started":
        case "signalled":
        case "duplicate":
          return { outcome: reply.tag, runId: reply.at(1).text };
        case "conflict":
          return { outcome: "conflict", runId: reply.at(1).text, status: parseClosedStatus(reply, 2) };
        case "replaceable":
          return { outcome: "replaceable", status: parseRunStatus(reply, 2), type: reply.at(3).text };
        case "purged":
          return { outcome: "purged" };
        case "expired":
          return { outcome: "expired" };
        case "inbox-full":
          return inboxFull(reply, limits);
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

/** One call, or two when a closed predecessor is replaced (as `start`). */
export async function startOrSignal(
  context: StoreContext,
  request: StartOrSignalRequest,
  previous?: { type: string; status: WorkflowStatus },
): Promise<StartOrSignalReply> {
  const { workflowId, runId, type, signal } = request;
  const keys = context.keys.partitionOf(workflowId);
  const reply = await context.scripts.run(
    script,
    [
      keys.lease,
      keys.inbox,
      keys.operations,
      keys.tombstones,
      keys.types,
      keys.header(workflowId),
      keys.history(workflowId),
      keys.signalIds(workflowId),
      keys.index(type, "pending"),
      keys.index(previous?.type ?? "", previous?.status ?? "completed"),
      keys.timers,
      deliveryKey(keys, request.delivery),
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
      request.onTerminalConflict,
      previous?.type ?? "",
      previous?.status ?? "completed",
      signal.name,
      signal.payload,
      signalKey(signal.name, signal.signalId ?? signal.operationId),
      signal.signalId ?? "",
      context.limits.runInboxCap,
      context.limits.partitionInboxCap,
      request.times?.executionTimeoutMs ?? "",
      request.times?.runTimeoutMs ?? "",
      request.delivery?.notAfterMs ?? "",
      ...searchArguments(request.search),
    ],
  );
  const outcome = reply(context.limits);
  if (outcome.outcome === "expired") throw lateDelivery(workflowId);
  return outcome.outcome === "replaceable" ? startOrSignal(context, request, outcome) : outcome;
}
