import type { InboxEntry } from "@heddle/core";
import {
  CorruptRecordError,
  decodeHistoryRecord,
  failureOf,
  isCodecOutput,
  WorkflowTerminatedError,
  WorkflowTimedOutError,
  type HistoryEvent,
} from "@heddle/protocol";

type ChildEvent = Extract<HistoryEvent, { kind: "child-completed" | "child-failed" }>;

/** How a child ended, as its parent sees it; the entry holds the child's closing record. */
export function childEvent(entry: InboxEntry): ChildEvent {
  const record = decodeHistoryRecord(entry.data);
  const { atMs: at, extra: runId } = entry;
  const seq = Number(entry.reference);
  switch (record.kind) {
    case "completed":
      return { kind: "child-completed", at, seq, runId, result: record.result };
    case "failed":
    case "cancelled":
      return { kind: "child-failed", at, seq, runId, status: record.kind, failure: record.failure };
    case "terminated": {
      const error = new WorkflowTerminatedError(
        `it was terminated: ${record.reason ?? "no reason was given"}`,
      );
      return { kind: "child-failed", at, seq, runId, status: "terminated", failure: failureOf(error) };
    }
    case "timed-out": {
      const error = new WorkflowTimedOutError(`it reached its ${record.timeout} timeout; allow it more time`);
      return { kind: "child-failed", at, seq, runId, status: "timed-out", failure: failureOf(error) };
    }
    default:
      throw new CorruptRecordError(`a child cannot end with a record of kind "${record.kind}"`);
  }
}

/** Whether a payload codec has encoded what the child returned or threw. */
export function hasEncodedEnd(entry: InboxEntry): boolean {
  const event = childEvent(entry);
  return event.kind === "child-completed"
    ? isCodecOutput(event.result)
    : event.failure.details instanceof Uint8Array;
}
