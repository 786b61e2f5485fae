import {
  CorruptRecordError,
  encodeHistoryRecord,
  encodePayload,
  failureOf,
  WorkflowCancelledError,
  WorkflowFailedError,
  WorkflowTerminatedError,
  WorkflowTimedOutError,
  type HistoryRecord,
} from "@heddle/protocol";
import { expect, test } from "vitest";
import { resultOf } from "./result.js";

const at = 1;
const closed = (
  status: "completed" | "failed" | "cancelled" | "terminated" | "timed-out",
  record: HistoryRecord,
): unknown =>
  resultOf("order-1", { outcome: "closed", runId: "run-1", status, record: encodeHistoryRecord(record) });

test("a completed run gives what its code returned", () => {
  const result = encodePayload({ when: new Date(0) });
  expect(closed("completed", { kind: "completed", at, result })).toEqual({ when: new Date(0) });
});

test("a failed run throws, with the workflow's own error as cause", () => {
  const error = Object.assign(new TypeError("no", { cause: new Error("why") }), {
    details: { orderId: "1" },
  });
  const call = () => closed("failed", { kind: "failed", at, failure: failureOf(error) });
  expect(call).toThrow(WorkflowFailedError);
  expect(call).toThrow(
    expect.objectContaining({
      message: 'workflow "order-1" failed: TypeError: no',
      details: { workflowId: "order-1", runId: "run-1" },
      cause: expect.objectContaining({
        name: "TypeError",
        message: "no",
        stack: error.stack,
        details: { orderId: "1" },
        cause: expect.objectContaining({ message: "why" }) as unknown,
      }) as unknown,
    }),
  );
});

test("a cancelled run throws its own class", () => {
  const failure = failureOf(new Error("too late"));
  const call = () => closed("cancelled", { kind: "cancelled", at, failure });
  expect(call).toThrow(WorkflowCancelledError);
  expect(call).toThrow(/was cancelled: too late/);
});

test("a terminated run throws its own class, with the reason if there is one", () => {
  expect(() => closed("terminated", { kind: "terminated", at })).toThrow(WorkflowTerminatedError);
  expect(() => closed("terminated", { kind: "terminated", at })).toThrow(/was terminated$/);
  expect(() => closed("terminated", { kind: "terminated", at, reason: "stuck" })).toThrow(
    expect.objectContaining({
      message: 'workflow "order-1" was terminated: stuck',
      details: { workflowId: "order-1", runId: "run-1", reason: "stuck" },
    }),
  );
});

test("a timed-out run throws its own class and says which deadline it was", () => {
  const call = () => closed("timed-out", { kind: "timed-out", at, timeout: "run", deadlineMs: 1_000 });
  expect(call).toThrow(WorkflowTimedOutError);
  expect(call).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /^workflow "order-1" reached its run timeout at 1970-01-01T00:00:01.000Z and was closed; /,
      ) as unknown,
      details: { workflowId: "order-1", runId: "run-1", timeout: "run", deadlineMs: 1_000 },
    }),
  );
});

test("a run that does not end with a closing record is corrupt", () => {
  const call = () => closed("completed", { kind: "timer-fired", at, seq: 1 });
  expect(call).toThrow(CorruptRecordError);
  expect(call).toThrow(/run run-1 of workflow "order-1" is completed but its last record is timer-fired/);
});
