import { expect, test } from "vitest";
import { CorruptRecordError } from "./errors.js";
import { failureOf } from "./failure.js";
import {
  decodeHistoryRecord,
  encodeHistoryRecord,
  isHistoryCommand,
  isHistoryEvent,
  type HistoryRecord,
} from "./history-record.js";
import { decodePayload, encodePayload } from "./payload.js";

const at = 1_700_000_000_123;
const payload = Buffer.from([1, 2, 3]);
const failure = failureOf(
  Object.assign(new TypeError("no", { cause: new Error("why") }), { details: { orderId: "1" } }),
);

const events: HistoryRecord[] = [
  { kind: "started", at, input: payload },
  { kind: "started", at, input: payload, replaces: "run-1", idempotencyKey: "key" },
  { kind: "signal", at, name: "approve", payload },
  { kind: "signal", at, name: "approve", payload, signalId: "anonymous:1" },
  { kind: "update", at, name: "rename", updateId: "click-1", input: payload },
  { kind: "activity-completed", at, seq: 1, attempt: 2, result: payload },
  { kind: "activity-failed", at, seq: 1, attempt: 3, failure },
  { kind: "timer-fired", at, seq: 4 },
  { kind: "cancel-requested", at },
  { kind: "cancel-requested", at, reason: "too late" },
  { kind: "step-completed", at, seq: 5, result: payload },
  { kind: "step-failed", at, seq: 5, failure },
];
const commands: HistoryRecord[] = [
  { kind: "activity-scheduled", seq: 1, name: "charge", queue: "default", input: payload },
  { kind: "activity-cancelled", seq: 1 },
  { kind: "timer-started", seq: 2, durationMs: 1_000 },
  { kind: "timer-started", seq: 2, dueMs: at },
  { kind: "timer-cancelled", seq: 2 },
  { kind: "signal-awaited", seq: 3, name: "approve" },
  { kind: "signal-handled", name: "approve" },
  { kind: "condition-awaited", seq: 4 },
  { kind: "condition-settled", seq: 4 },
  { kind: "version-marked", id: "fees", version: 2 },
  { kind: "attributes-set", names: ["customer"], attributes: payload },
  { kind: "memo-set", memo: payload },
  { kind: "step-started", seq: 4, name: "total" },
  { kind: "update-completed", updateId: "click-1", result: payload },
  { kind: "update-failed", updateId: "click-1", failure },
  { kind: "completed", at, result: payload },
  { kind: "failed", at, failure },
  { kind: "cancelled", at, failure },
];
const marks: HistoryRecord[] = [
  { kind: "held", event: encodeHistoryRecord({ kind: "timer-fired", at, seq: 1 }) },
  { kind: "taken", at },
  { kind: "dropped", at },
  { kind: "suspended", at },
  { kind: "resumed", at },
  { kind: "terminated", at },
  { kind: "terminated", at, reason: "stuck" },
];

test.each([...events, ...commands, ...marks])("a record comes back as it was: %j", (record) => {
  expect(decodeHistoryRecord(encodeHistoryRecord(record))).toEqual(record);
});

test("events, commands and marks are told apart", () => {
  expect(events.every((record) => isHistoryEvent(record) && !isHistoryCommand(record))).toBe(true);
  expect(commands.every((record) => isHistoryCommand(record) && !isHistoryEvent(record))).toBe(true);
  expect(marks.some((record) => isHistoryCommand(record) || isHistoryEvent(record))).toBe(false);
});

test("payload bytes pass through untouched, whatever they hold", () => {
  const value = { big: 2n ** 70n, when: new Date(0), map: new Map([[1, 2]]) };
  const record = decodeHistoryRecord(
    encodeHistoryRecord({ kind: "completed", at, result: encodePayload(value) }),
  );
  expect(record.kind === "completed" && decodePayload(record.result)).toEqual(value);
});

test("a time that a script packed as a 64-bit integer is read as a number", () => {
  // {"kind": "resumed", "at": uint64 1700000000123}, as cmsgpack writes it.
  const packed = Buffer.concat([
    Buffer.from([0x82, 0xa4]),
    Buffer.from("kind"),
    Buffer.from([0xa7]),
    Buffer.from("resumed"),
    Buffer.from([0xa2]),
    Buffer.from("at"),
    Buffer.from([0xcf, 0, 0, 0x01, 0x8b, 0xcf, 0xe5, 0x68, 0x7b]),
  ]);
  expect(decodeHistoryRecord(packed)).toEqual({ kind: "resumed", at });
});

const whole = encodeHistoryRecord({ kind: "timer-fired", at, seq: 1 });
test.each<[string, Uint8Array]>([
  ["nothing", new Uint8Array()],
  ["half a record", whole.slice(0, 10)],
  ["a record and a half", Buffer.concat([whole, whole.slice(0, 3)])],
  ["a number", new Uint8Array([5])],
  ["text", Buffer.from('{"kind":"timer-fired"}')],
  ["an unknown kind", encodeHistoryRecord({ kind: "exploded", at } as never)],
  ["a missing field", encodeHistoryRecord({ kind: "timer-fired", at } as never)],
  ["a sequence number below 1", encodeHistoryRecord({ kind: "timer-fired", at, seq: 0 })],
  ["a payload that is text", encodeHistoryRecord({ kind: "completed", at, result: "x" } as never)],
  ["a time that is none", encodeHistoryRecord({ kind: "timer-fired", at: Number.NaN, seq: 1 })],
])("a stored record that holds %s is corrupt", (_what, data) => {
  expect(() => decodeHistoryRecord(data)).toThrow(CorruptRecordError);
});
