import { SignalTimedOutError } from "@heddle/protocol";
import { signal } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

const approve = signal<{ approved: boolean }>("approve");

describe.each(BOTH_WAYS)("ctx.waitForSignal, %s,", (_way, start) => {
  test("resolves to the payload, by handle and by name", async () => {
    const run = await start(function* (ctx) {
      return [yield* ctx.waitForSignal(approve), yield* ctx.waitForSignal("approve")];
    });
    expect(run.decisions).toEqual(["signal-awaited 1 approve"]);
    expect(await run.signal("approve", { approved: true })).toEqual(["signal-awaited 2 approve"]);
    await run.signal("approve", { approved: false });
    expect(run.result).toEqual([{ approved: true }, { approved: false }]);
  });

  test("early signals wait, first in first out per name", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.sleep("1s");
      const b = yield* ctx.waitForSignal("b");
      const [first, second] = [yield* ctx.waitForSignal("a"), yield* ctx.waitForSignal("a")];
      return [b, first, second];
    });
    for (const [name, payload] of [
      ["a", 1],
      ["b", 2],
      ["a", 3],
    ] as const)
      await run.signal(name, payload);
    expect(await run.fire()).toEqual([
      "signal-awaited 2 b",
      "signal-awaited 3 a",
      "signal-awaited 4 a",
      "completed",
    ]);
    expect(run.result).toEqual([2, 1, 3]);
  });

  test("one wait consumes exactly one, and waits are served in the order in which they began", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.all([ctx.waitForSignal("a"), ctx.waitForSignal("b"), ctx.waitForSignal("a")]);
    });
    await run.signal("a", 1);
    await run.signal("a", 2);
    expect(run.closing).toBeUndefined();
    await run.signal("b", 3);
    expect(run.result).toEqual([1, 3, 2]);
  });

  test("a signal of another name wakes nobody", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.waitForSignal("a");
    });
    expect(await run.signal("b", 1)).toEqual([]);
    expect(run.closing).toBeUndefined();
  });

  test("a signal in time cancels the timer of the timeout", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.waitForSignal("a", { timeout: "1h" });
    });
    expect(run.decisions).toEqual(["signal-awaited 1 a", "timer-started 2"]);
    expect(await run.signal("a", 5)).toEqual(["timer-cancelled 2", "completed"]);
  });

  test("a signal that is there already needs no timer", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.sleep(1);
      return yield* ctx.waitForSignal("a", { timeout: 0 });
    });
    await run.signal("a", 5);
    expect(await run.fire()).toEqual(["signal-awaited 2 a", "completed"]);
    expect(run.result).toBe(5);
  });

  test("after the timeout it throws SignalTimedOutError and leaves no claim on a later signal", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.waitForSignal("a", { timeout: "1s" });
      } catch (error) {
        if (!(error instanceof SignalTimedOutError)) throw error;
        yield* ctx.sleep("1s");
        return [error.details, yield* ctx.waitForSignal("a")];
      }
      return "not reached";
    });
    await run.fire();
    await run.signal("a", "late");
    await run.fire();
    expect(run.result).toEqual([{ signal: "a", timeoutMs: 1_000 }, "late"]);
  });

  test("a wait that lost a race consumes nothing", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.race([ctx.waitForSignal("a"), ctx.sleep("1s")]);
      yield* ctx.sleep("1s");
      return yield* ctx.waitForSignal("a");
    });
    await run.fire();
    await run.signal("a", "late");
    await run.fire();
    expect(run.result).toBe("late");
  });
});

test.each<[string, unknown, unknown]>([
  ["an empty name", "", undefined],
  ["nothing", undefined, undefined],
  ["a handle without a name", {}, undefined],
  ["a timeout that is no duration", "a", { timeout: "soon" }],
])("%s throws in the code, at the call", async (_what, handle, options) => {
  const run = await startRun(function* (ctx) {
    yield* ctx.waitForSignal(handle as string, options as { timeout?: string });
  });
  expect(run.failure.name).toBe("InvalidArgumentError");
  expect(run.decisions).toEqual(["failed"]);
});
