import type { StartReply, StartRequest } from "@heddle/core";
import type { WorkflowStatus } from "@heddle/protocol";
import { searchArguments, searchKeys } from "../search/change-search.js";
import { defineScript } from "../script.js";
import { parentText } from "../parent-text.js";
import type { StoreContext } from "../store-context.js";
import { deliveryKey, lateDelivery } from "./delivery.js";
import { parseNotStarted } from "./replies.js";

type Reply = StartReply | Replaceable | { readonly outcome: "expired" };

/** The predecessor is behind another index than the caller believed; nothing was written. */
export interface Replaceable {
  readonly outcome: "replaceable";
  readonly type: string;
  readonly status: WorkflowStatus;
}

const script = defineScript<(limits: StoreContext["limits"]) => Reply>(
  {
    name: "start",
    keys: [
      "lease",
      "inbox",
      "held",
      "tombstones",
      "types",
      "header",
      "history",
      "signalIds",
      "index",
      "previousIndex",
      "timers",
      "messages",
      "children",
      "scheduleStarts",
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
      "waiter",
      "onOpen",
      "onClosed",
      "previousType",
      "previousStatus",
      "runCap",
      "partitionCap",
      "executionTimeoutMs",
      "runTimeoutMs",
      "startAfterMs",
      "startAtMs",
      "incarnation",
      "startNumber",
      "parent",
      "replaces",
      "notAfterMs",
      "…search",
    ],
    parse: (reply) => (limits) => {
      switch (reply.tag) {
        case "started":
          return { outcome: "started", runId: reply.at(1).text };
        case "expired":
          return { outcome: "expired" };
        default:
          return parseNotStarted(reply, limits);
      }
    },
  },
  import.meta.url,
);

/** `waiter`: channel to tell when the run ends, "" for none. One call, or two when a predecessor is replaced: its index key must be declared, so it must be known. */
export async function start(
  context: StoreContext,
  request: StartRequest,
  waiter = "",
  previous?: { type: string; status: WorkflowStatus },
): Promise<StartReply> {
  const { workflowId, runId, type } = request;
  const keys = context.keys.partitionOf(workflowId);
  const reply = await context.scripts.run(
    script,
    [
      keys.lease,
      keys.inbox,
      keys.held,
      keys.tombstones,
      keys.types,
      keys.header(workflowId),
      keys.history(workflowId),
      keys.signalIds(workflowId),
      keys.index(type, "pending"),
      keys.index(previous?.type ?? "", previous?.status ?? "completed"),
      keys.timers,
      keys.messages,
      keys.children(workflowId),
      keys.scheduleStarts,
      deliveryKey(keys, request.delivery),
      keys.feed,
      ...(request.search === undefined && previous === undefined
        ? []
        : [...searchKeys(keys), keys.versions, keys.offloaded(workflowId)]),
    ],
    [
      workflowId,
      runId,
      type,
      request.input,
      request.idempotencyKey ?? "",
      waiter,
      request.onOpen,
      request.onClosed,
      previous?.type ?? "",
      previous?.status ?? "completed",
      context.limits.runInboxCap,
      context.limits.partitionInboxCap,
      request.times?.executionTimeoutMs ?? "",
      request.times?.runTimeoutMs ?? "",
      request.times?.startAfterMs ?? "",
      request.times?.startAtMs ?? "",
      request.scheduled?.incarnation ?? "",
      request.scheduled?.number ?? "",
      request.parent === undefined ? "" : parentText(request.parent),
      request.replaces ?? "",
      request.delivery?.notAfterMs ?? "",
      ...searchArguments(request.search),
    ],
  );
  const outcome = reply(context.limits);
  if (outcome.outcome === "expired") throw lateDelivery(workflowId);
  return outcome.outcome === "replaceable" ? start(context, request, waiter, outcome) : outcome;
}
