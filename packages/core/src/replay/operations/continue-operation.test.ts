import { decodePayload, encodePayload } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.continueAsNew, %s,", (_way, start) => {
  test("ends the code with the input of the next run; nothing behind it runs", async () => {
    const ran: string[] = [];
    const run = await start(function* (ctx, count: number) {
      try {
        yield* ctx.waitForSignal("next");
        yield* ctx.continueAsNew(count + 1);
        ran.push("behind");
      } finally {
        ran.push("finally");
      }
    }, 1);
    await run.signal("next");
    expect(run.closing).toMatchObject({ kind: "continued" });
    expect(run.closing?.kind === "continued" && decodePayload(run.closing.input)).toBe(2);
    expect(ran).toEqual([]);
  });

  test("unconsumed signals are kept in order, also those that come after the end of the code", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.all([ctx.waitForSignal("b"), continuing()]);
      function* continuing() {
        yield* ctx.waitForSignal("next");
        yield* ctx.continueAsNew();
      }
    });
    await run.signal("a", 1);
    await run.signal("next");
    await run.signal("b", 2);
    await run.signal("a", 3);
    const kept = run.machine.carriedEvents.map((event) =>
      event.kind === "signal" ? [event.name, decodePayload(event.payload)] : event,
    );
    expect(kept).toEqual([
      ["a", 1],
      ["b", 2],
      ["a", 3],
    ]);
  });

  test("updates and a request to cancel that come after the end of the code are kept among the signals", async () => {
    const run = await start(function* (ctx) {
      ctx.onUpdate({ name: "add" }, () => "too early");
      yield* ctx.waitForSignal("next");
      yield* ctx.continueAsNew();
    });
    await run.signal("a", 1);
    await run.signal("next");
    await run.feed({ kind: "update", name: "add", updateId: "u-1", input: encodePayload(5) });
    await run.signal("a", 2);
    await run.cancel("enough");
    expect(run.machine.carriedEvents).toMatchObject([
      { kind: "signal", name: "a" },
      { kind: "update", name: "add", updateId: "u-1", input: encodePayload(5) },
      { kind: "signal", name: "a" },
      { kind: "cancel-requested", reason: "enough" },
    ]);
    expect(run.decisions.filter((decision) => decision.startsWith("update"))).toEqual([]);
  });
});

test("an input that cannot be stored throws in the code, and the run goes on", async () => {
  const run = await startRun(function* (ctx) {
    try {
      yield* ctx.continueAsNew(() => 1);
    } catch (error) {
      return (error as Error).name;
    }
    return "not reached";
  });
  expect(run.result).toBe("PayloadNotSerializableError");
});
