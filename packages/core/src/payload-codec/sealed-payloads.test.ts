import {
  decodeHistoryRecord,
  encodeHistoryRecord,
  encodePayload,
  failureOf,
  isCodecOutput,
  PayloadNotDecodableError,
  type HistoryRecord,
  type PayloadCodec,
} from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { SealedPayloads } from "./sealed-payloads.js";

/** Turns every bit, so that nothing of a payload is left to be seen; refuses what it has not turned. */
const turning: PayloadCodec = {
  encode: (payload, { namespace }) => Buffer.concat([Buffer.from(namespace), payload.map((byte) => ~byte)]),
  decode: (encoded, { namespace }) => {
    if (!Buffer.from(encoded).toString("latin1").startsWith(namespace))
      throw new Error("of another namespace");
    return encoded.subarray(namespace.length).map((byte) => ~byte);
  },
};
const payloads = new SealedPayloads(turning, { namespace: "shop" });
const others = new SealedPayloads(turning, { namespace: "mill" });

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const secret = encodePayload("a secret");
const failure = failureOf(Object.assign(new Error("a secret"), { details: { card: "a secret" } }));
const RECORDS: readonly HistoryRecord[] = [
  { kind: "started", at: 1, input: secret },
  { kind: "signal", at: 1, name: "paid", payload: secret },
  { kind: "update", at: 1, name: "add", updateId: "u", input: secret },
  { kind: "activity-scheduled", seq: 1, name: "charge", queue: "default", input: secret },
  { kind: "activity-completed", at: 1, seq: 1, attempt: 1, result: secret },
  { kind: "activity-failed", at: 1, seq: 1, attempt: 1, failure },
  { kind: "step-failed", at: 1, seq: 2, failure },
  { kind: "update-completed", updateId: "u", result: secret },
  { kind: "failed", at: 1, failure },
  { kind: "completed", at: 1, result: secret },
  { kind: "held", event: encodeHistoryRecord({ kind: "signal", at: 1, name: "paid", payload: secret }) },
];

describe.each(RECORDS)("a record of kind $kind", (record) => {
  const plain = encodeHistoryRecord(record);
  const sealed = payloads.sealRecord(plain);

  test("shows nothing of its payloads or its failure, and is a record still", () => {
    expect(Buffer.from(sealed).toString("latin1")).not.toContain("secret");
    expect(decodeHistoryRecord(sealed).kind).toBe(record.kind);
  });

  test("is the same again when it is opened; opening or sealing twice changes nothing", () => {
    const opened = payloads.openRecord(sealed);
    expect(decodeHistoryRecord(opened)).toEqual(decodeHistoryRecord(plain));
    expect(hex(payloads.openRecord(opened))).toBe(hex(opened));
    expect(hex(payloads.sealRecord(sealed))).toBe(hex(sealed));
  });

  test("is refused by who has another codec", () => {
    expect(() => others.openRecord(sealed)).toThrow(PayloadNotDecodableError);
    expect(() => others.openRecord(sealed)).toThrow("of another namespace");
  });
});

test("a failure keeps its name, which tells failures apart", () => {
  expect(payloads.sealFailure(failure)).toMatchObject({ name: "Error", message: "encoded" });
  const payload = encodePayload(failure);
  expect(hex(payloads.openFailurePayload(payloads.sealFailurePayload(payload)))).toBe(hex(payload));
});

test("what a codec leaves as it is, is stored as it is", () => {
  const idle = new SealedPayloads(
    { encode: (payload) => payload, decode: () => Uint8Array.of() },
    { namespace: "shop" },
  );
  expect(idle.seal(secret)).toBe(secret);
  expect(isCodecOutput(idle.seal(secret))).toBe(false);
  expect(idle.sealFailure(failure)).toBe(failure);
  expect(idle.open(secret)).toBe(secret);
});
