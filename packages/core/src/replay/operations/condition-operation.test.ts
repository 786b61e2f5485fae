import { ConditionTimedOutError } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.waitUntil, %s,", (_way, start) => {
  test("goes on when the code's state is as wanted, in the event that made it so", async () => {
    const run = await start(function* (ctx) {
      let total = 0;
      ctx.onSignal("paid", (amount) => void (total += amount as number));
      yield* ctx.waitUntil(() => total >= 10);
      return total;
    });
    expect(run.decisions).toEqual(["condition-awaited 1"]);
    expect(await run.signal("paid", 4)).toEqual(["signal-handled paid"]);
    expect(await run.signal("paid", 7)).toEqual(["signal-handled paid", "condition-settled 1", "completed"]);
    expect(run.result).toBe(11);
  });

  test("a condition that is met already needs no event and no timer", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.waitUntil(() => true, { timeout: "1h" });
    });
    expect(run.decisions).toEqual(["condition-awaited 1", "condition-settled 1", "completed"]);
  });

  test("a condition that is met in time cancels the timer of the timeout", async () => {
    const run = await start(function* (ctx) {
      let open = false;
      ctx.onSignal("open", () => void (open = true));
      yield* ctx.waitUntil(() => open, { timeout: "1h" });
    });
    expect(run.decisions).toEqual(["condition-awaited 1", "timer-started 2"]);
    expect(await run.signal("open")).toEqual([
      "signal-handled open",
      "timer-cancelled 2",
      "condition-settled 1",
      "completed",
    ]);
  });

  test("after the timeout it throws ConditionTimedOutError", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.waitUntil(() => false, { timeout: "1s" });
      } catch (error) {
        if (!(error instanceof ConditionTimedOutError)) throw error;
        yield* ctx.sleep("1s");
        return error.details;
      }
      return "not reached";
    });
    expect(await run.fire()).toEqual(["condition-settled 1", "timer-started 3"]);
    await run.fire();
    expect(run.result).toEqual({ timeoutMs: 1_000 });
  });

  test("of several waits for one thing, one goes on at a time, in the order in which they began", async () => {
    const run = await start(function* (ctx) {
      let busy = false;
      const order: string[] = [];
      function* worker(name: string) {
        yield* ctx.waitUntil(() => !busy);
        busy = true;
        order.push(`${name} in`);
        yield* ctx.sleep("1s");
        order.push(`${name} out`);
        busy = false;
      }
      yield* ctx.all([worker("a"), worker("b"), worker("c")]);
      return order;
    });
    for (let turn = 0; turn < 3; turn++) {
      expect(run.machine.pendingTimers).toHaveLength(1);
      await run.fire();
    }
    expect(run.result).toEqual(["a in", "a out", "b in", "b out", "c in", "c out"]);
  });

  test("a wait that lost a race is looked at no more", async () => {
    const run = await start(function* (ctx) {
      let looks = 0;
      const open = (): boolean => {
        looks++;
        return false;
      };
      yield* ctx.race([ctx.waitUntil(open, { timeout: "1h" }), ctx.waitForSignal("stop")]);
      const before = looks;
      yield* ctx.waitForSignal("end");
      return looks - before;
    });
    expect(await run.signal("stop")).toEqual([
      "timer-cancelled 3",
      "condition-settled 1",
      "signal-awaited 4 end",
    ]);
    await run.signal("end");
    expect(run.result).toBe(0);
  });

  test("what the predicate throws is thrown at the wait", async () => {
    const run = await start(function* (ctx) {
      let broken = false;
      ctx.onSignal("break", () => void (broken = true));
      try {
        yield* ctx.waitUntil(() => {
          if (broken) throw new RangeError("no");
          return false;
        });
      } catch (error) {
        yield* ctx.sleep(1);
        return (error as Error).name;
      }
      return "not reached";
    });
    await run.signal("break");
    await run.fire();
    expect(run.result).toBe("RangeError");
  });

  test("a cancellation ends the wait", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.waitUntil(() => false, { timeout: "1h" });
    });
    expect(await run.cancel()).toEqual(["timer-cancelled 2", "condition-settled 1", "cancelled"]);
  });
});

test.each<[string, unknown, unknown]>([
  ["no function", true, undefined],
  ["a timeout that is no duration", () => true, { timeout: "soon" }],
  ["an async function", () => Promise.reject(new Error("nobody awaits this")), undefined],
  [
    "a generator function",
    function* () {
      yield true;
    },
    undefined,
  ],
])("%s throws in the code", async (_what, predicate, options) => {
  const run = await startRun(function* (ctx) {
    yield* ctx.waitUntil(predicate as () => boolean, options as { timeout?: string });
  });
  expect(run.failure.name).toBe("InvalidArgumentError");
});
