import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.deferred, %s,", (_way, start) => {
  test("wakes everyone who waits for it, and says once in the history that the code waits", async () => {
    const run = await start(function* (ctx) {
      const paid = ctx.deferred<number>();
      ctx.onSignal("paid", (amount) => paid.resolve(amount as number));
      return yield* ctx.all([paid.wait(), paid.wait(), ctx.waitForSignal("shipped")]);
    });
    expect(run.decisions).toEqual(["condition-awaited 1", "signal-awaited 2 shipped"]);
    expect(await run.signal("paid", 7)).toEqual(["signal-handled paid", "condition-settled 1"]);
    expect(await run.signal("shipped", "today")).toEqual(["completed"]);
    expect(run.result).toEqual([7, 7, "today"]);
  });

  test("what is settled already is given at once, and later settlings are ignored", async () => {
    const run = await start(function* (ctx) {
      const first = ctx.deferred<string>();
      first.resolve("one");
      first.reject(new Error("two"));
      const failed = ctx.deferred();
      failed.reject(new RangeError("no"));
      const [settled] = yield* ctx.allSettled([failed.wait()]);
      return [yield* first.wait(), first.isSettled, (settled as { reason: Error }).reason.name];
    });
    expect(run.decisions).toEqual(["completed"]);
    expect(run.result).toEqual(["one", true, "RangeError"]);
  });

  test("a wait that lost a race leaves nothing behind", async () => {
    const run = await start(function* (ctx) {
      const never = ctx.deferred<string>();
      const winner = yield* ctx.race([never.wait(), ctx.waitForSignal("go")]);
      never.resolve("late");
      return [winner, yield* never.wait()];
    });
    expect(await run.signal("go", "gone")).toEqual(["condition-settled 1", "completed"]);
    expect(run.result).toEqual(["gone", "late"]);
  });
});

test("ten thousand waits take one record", async () => {
  const run = await startRun(function* (ctx) {
    const waits = Array.from({ length: 10_000 }, () => ctx.deferred());
    ctx.onSignal("next", (index) => waits[index as number]?.resolve());
    yield* ctx.all(waits.map((each) => each.wait()));
  });
  expect(run.decisions).toEqual(["condition-awaited 1"]);
  expect(await run.signal("next", 5_000)).toEqual(["signal-handled next"]);
});
