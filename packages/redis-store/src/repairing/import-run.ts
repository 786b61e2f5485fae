import type { ImportRunReply, ImportRunRequest } from "@heddle/core";
import { inboxFull, parseRunStatus } from "../accepting/replies.js";
import { signalKey } from "../accepting/signal.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { packr, timerList, updateList } from "./kept-work.js";

const script = defineScript<(limits: StoreContext["limits"]) => ImportRunReply>(
  {
    name: "import-run",
    keys: [
      "lease",
      "inbox",
      "timers",
      "tombstones",
      "types",
      "header",
      "history",
      "cutOff",
      "signalIds",
      "versions",
      "index",
      "feed",
    ],
    args: [
      "workflowId",
      "runId",
      "type",
      "status",
      "version",
      "createdAtMs",
      "partitionCap",
      "records",
      "lengths",
      "signalKeys",
      "reset",
    ],
    parse: (reply) => (limits) => {
      switch (reply.tag) {
        case "imported":
          return { outcome: "imported", runId: reply.at(1).text };
        case "exists":
          return {
            outcome: "exists",
            runId: reply.at(1).text,
            status: parseRunStatus(reply, 2),
            type: reply.at(3).text,
          };
        case "purged":
          return { outcome: "purged" };
        case "inbox-full":
          return inboxFull(reply, limits);
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

export async function importRun(context: StoreContext, request: ImportRunRequest): Promise<ImportRunReply> {
  const { workflowId, type, records, as } = request;
  const keys = context.keys.partitionOf(workflowId);
  const cutOff = as.status === "pending" ? as.cutOff : [];
  const reply = await context.scripts.run(
    script,
    [
      keys.lease,
      keys.inbox,
      keys.timers,
      keys.tombstones,
      keys.types,
      keys.header(workflowId),
      keys.history(workflowId),
      keys.cutOff(workflowId),
      keys.signalIds(workflowId),
      keys.versions,
      keys.index(type, as.status),
      keys.feed,
    ],
    [
      workflowId,
      request.runId,
      type,
      as.status,
      request.version ?? "",
      request.createdAtMs ?? "",
      context.limits.partitionInboxCap,
      Buffer.concat([...records, ...cutOff]),
      packr.pack([records, cutOff].map((list) => list.map((record) => record.byteLength))),
      packr.pack(request.signals.map(({ name, signalId }) => signalKey(name, signalId))),
      packr.pack(resetArgument(as)),
    ],
  );
  return reply(context.limits);
}

function resetArgument(as: ImportRunRequest["as"]): unknown {
  if (as.status !== "pending") return false;
  const { from, reason = "", reapply, unprocessed, kept } = as;
  return [from.workflowId, from.runId, reason, reapply, unprocessed, timerList(kept), updateList(kept)];
}
