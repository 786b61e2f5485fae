import type { HistoryReply, HistoryRequest } from "@heddle/core";
import { isClosedStatus } from "@heddle/protocol";
import { parseRunStatus } from "../accepting/replies.js";
import { isRetryable } from "../redis-failure.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { delay } from "./delay.js";

const MAX_RECORDS = 200;
const MAX_BYTES = 256 * 1024;
/** Pauses between two looks at a run that does not move: from the first they double up to the last. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 1_000;

const script = defineScript<HistoryReply>(
  {
    name: "read-history",
    keys: ["header", "history"],
    args: ["runId", "firstRunId", "from", "maxRecords", "maxBytes"],
    parse: (reply) => {
      switch (reply.tag) {
        case "records":
          return {
            outcome: "records",
            runId: reply.at(1).text,
            firstRunId: reply.at(2).text,
            status: parseRunStatus(reply, 3),
            records: reply.at(4).items.map((record) => record.bytes),
            hasMore: reply.at(5).number === 1,
          };
        case "continued":
          return { outcome: "continued", runId: reply.at(1).text, firstRunId: reply.at(2).text };
        case "replaced":
        case "not-found":
          return { outcome: reply.tag };
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

export function readHistory(context: StoreContext, request: HistoryRequest): Promise<HistoryReply> {
  const { workflowId, runId = "", firstRunId = "", from } = request;
  const keys = context.keys.partitionOf(workflowId);
  return context.scripts.run(
    script,
    [keys.header(workflowId), keys.history(workflowId)],
    [runId, firstRunId, from, MAX_RECORDS, MAX_BYTES],
  );
}

/** An outage of Redis is waited out. */
export async function awaitHistory(
  context: StoreContext,
  request: HistoryRequest,
  signal: AbortSignal | undefined,
): Promise<HistoryReply> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)) {
    signal?.throwIfAborted();
    try {
      const reply = await readHistory(context, request);
      if (reply.outcome !== "records") return reply;
      if (reply.records.length > 0 || isClosedStatus(reply.status)) return reply;
    } catch (error) {
      if (!isRetryable(error)) throw error;
    }
    await delay(pauseMs, signal);
  }
}
