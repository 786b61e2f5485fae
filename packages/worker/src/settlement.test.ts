import { decodePayload, resolveActivityPolicy } from "@heddle/protocol";
import { expect, test } from "vitest";
import { settlementOfResult, settlementOfThrown } from "./settlement.js";

const policy = resolveActivityPolicy({ maxAttempts: 3, initialBackoff: 100, nonRetryable: ["CardDeclined"] });

function declined(): Error {
  return Object.assign(new Error("declined"), { name: "CardDeclined" });
}

test("a result is settled as the payload that gives it back", () => {
  for (const value of [undefined, null, 0, "x", { list: [1, new Date(5)], map: new Map([["a", 1n]]) }]) {
    const settlement = settlementOfResult(value);
    expect(settlement.outcome).toBe("completed");
    if (settlement.outcome === "completed") expect(decodePayload(settlement.result)).toEqual(value);
  }
});

test.each([
  ["a function", { callback: () => 1 }, "PayloadNotSerializableError"],
  ["a forgotten await", Promise.resolve(1), "PayloadNotSerializableError"],
  ["too much", "x".repeat(2 * 1024 * 1024), "PayloadTooLargeError"],
])("a result that cannot be stored (%s) is a final failure", (_label, value, name) => {
  expect(settlementOfResult(value)).toMatchObject({ outcome: "failed", failure: { name } });
});

test("what was thrown is tried again with the wait of the policy until the attempts are used up", () => {
  const settle = (attempt: number) => settlementOfThrown(new Error("boom"), { policy, attempt, random: 0 });
  expect(settle(1)).toMatchObject({ outcome: "retry", delayMs: 100, failure: { message: "boom" } });
  expect(settle(2)).toMatchObject({ outcome: "retry", delayMs: 200 });
  expect(settle(3)).toMatchObject({ outcome: "failed", failure: { message: "boom" } });
});

test("an error whose name is not retryable is final at once", () => {
  expect(settlementOfThrown(declined(), { policy, attempt: 1, random: 0 })).toMatchObject({
    outcome: "failed",
    failure: { name: "CardDeclined" },
  });
});

test("anything can be thrown", () => {
  for (const thrown of [undefined, null, "text", 7, { odd: true }]) {
    expect(settlementOfThrown(thrown, { policy, attempt: 1, random: 0 }).outcome).toBe("retry");
  }
});
