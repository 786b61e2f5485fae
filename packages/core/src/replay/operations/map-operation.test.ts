import { MapFailedError } from "@heddle/protocol";
import type { Branch, MapPolicyOptions, WorkflowContext } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.map, %s,", (_way, start) => {
  test("gives results in the order of the items, falsy ones included, and the index to the function", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.map([0, "", null, false], (item, index) => ctx.run(`a${index}`, item));
    });
    for (const index of [3, 1, 0, 2]) await run.complete(`a${index}`, [null, 0, "", false][index]);
    expect(run.result).toEqual([null, 0, "", false]);
  });

  test("of no items is an empty list at once, with every policy", async () => {
    const run = await start(function* (ctx) {
      const none: string[] = [];
      const work = (name: string) => ctx.run(name);
      return [
        yield* ctx.map(none, work, { concurrency: 1 }),
        yield* ctx.map(none, work, { toleratedFailures: 0 }),
        yield* ctx.map(none, work, { minSuccesses: 0 }),
      ];
    });
    expect(run.result).toEqual([[], [], []]);
  });

  test("works on at most so many items at once; the next starts when any has ended", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.map(["a", "b", "c", "d"], (name) => ctx.run(name), { concurrency: 2 });
    });
    expect(run.decisions).toEqual(["activity-scheduled 1 a", "activity-scheduled 2 b"]);
    expect(await run.complete("b", 2)).toEqual(["activity-scheduled 3 c"]);
    expect(await run.complete("c", 3)).toEqual(["activity-scheduled 4 d"]);
    await run.complete("a", 1);
    await run.complete("d", 4);
    expect(run.result).toEqual([1, 2, 3, 4]);
  });

  test("one at a time also when its items are generators of several operations", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.map(["a", "b"], (name) => twice(ctx, name), { concurrency: 1 });
    });
    for (const name of ["a", "a", "b", "b"]) {
      expect(run.machine.pendingActivities).toHaveLength(1);
      await run.complete(name, name);
    }
    expect(run.result).toEqual(["aa", "bb"]);
  });

  test("without a policy it works on every item and then throws the failure that was accepted first", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.map(["a", "b", "c"], (name) => ctx.run(name), { concurrency: 2 });
    });
    await run.fail("b", new Error("second item, first failure"));
    await run.fail("a", new Error("first item, second failure"));
    expect(run.closing).toBeUndefined();
    await run.complete("c");
    expect(run.failure.message).toContain("second item, first failure");
  });

  test("with a policy that is met the results are settled outcomes", async () => {
    const run = await start(function* (ctx) {
      const work = (name: string) => ctx.run(name);
      const outcomes = yield* ctx.map(["a", "b", "c"], work, { minSuccesses: 2, toleratedFailures: 2 });
      return outcomes.map((outcome) =>
        outcome.status === "fulfilled" ? outcome.value : (outcome.reason as Error).name,
      );
    });
    await run.fail("a", new Error("no"));
    await run.complete("c", 0);
    await run.complete("b", undefined);
    expect(run.result).toEqual(["ActivityFailedError", undefined, 0]);
  });

  test.each<[MapPolicyOptions]>([
    [{ toleratedFailures: 1 }],
    [{ minSuccesses: 3 }],
    [{ minSuccesses: 3, toleratedFailures: 4 }],
    [{ minSuccesses: 0, toleratedFailures: 1 }],
  ])(
    "with %j the second failure of four cancels the rest and throws, the first as its cause",
    async (policy) => {
      const run = await start(function* (ctx) {
        try {
          yield* ctx.map(["a", "b", "c", "d"], (name) => ctx.run(name), { ...policy, concurrency: 3 });
        } catch (error) {
          if (!(error instanceof MapFailedError)) throw error;
          return [error.details, (error.cause as Error).message];
        }
        return "not reached";
      });
      await run.fail("b", new Error("first"));
      expect(await run.fail("a", new Error("second"))).toEqual([
        "activity-cancelled 3",
        "activity-cancelled 4",
        "completed",
      ]);
      expect(run.result).toEqual([
        { items: 4, failures: 2, minSuccesses: 3, toleratedFailures: 1 },
        'activity "b" failed on attempt 3: Error: first',
      ]);
    },
  );

  test("a policy that no outcome can meet throws before anything is started", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.map(["a"], (name) => ctx.run(name), { minSuccesses: 2 });
    });
    expect(run.decisions).toEqual(["failed"]);
    expect(run.failure).toMatchObject({ name: "MapFailedError", details: { items: 1, minSuccesses: 2 } });
  });

  test("items that are cancelled by the policy clean up before it throws, and consume nothing", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.map(["fails", "cleans up", "waits"], (name) => branchOf(ctx, name), {
          toleratedFailures: 0,
        });
      } catch (error) {
        return [(error as Error).name, yield* ctx.waitForSignal("s")];
      }
      return "not reached";
    });
    expect(await run.fail("fails", new Error("no"))).toEqual([
      "timer-cancelled 2",
      "activity-scheduled 4 undo",
    ]);
    await run.signal("s", 5);
    await run.complete("undo");
    expect(run.result).toEqual(["MapFailedError", 5]);
  });

  test("a cancellation that comes while the policy ends it is seen after its error", async () => {
    const run = await start(function* (ctx) {
      const seen: string[] = [];
      const names = ["fails", "cleans up"];
      for (const next of [
        () => ctx.map(names, (name) => branchOf(ctx, name), { toleratedFailures: 0 }),
        () => ctx.sleep("1h"),
      ]) {
        try {
          yield* next();
        } catch (error) {
          seen.push((error as Error).name);
        }
      }
      return seen;
    });
    await run.fail("fails", new Error("no"));
    await run.cancel();
    await run.complete("undo");
    expect(run.result).toEqual(["MapFailedError", "CancelledError"]);
  });

  test("that is cancelled starts no further item", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.map(["a", "b", "c"], (name) => ctx.run(name), { concurrency: 2 });
    });
    expect(await run.cancel()).toEqual(["activity-cancelled 1", "activity-cancelled 2", "cancelled"]);
  });

  test("what the function throws or gives wrongly is the failure of its item", async () => {
    const run = await start(function* (ctx) {
      const odd = [
        () => ctx.run("fine"),
        () => {
          throw new RangeError("thrown by the function");
        },
        async () => Promise.reject(new Error("nobody awaits this")),
        () => 5,
      ];
      const outcomes = yield* ctx.map(odd, (item) => item() as Branch<unknown>, { toleratedFailures: 3 });
      return outcomes.map((outcome) =>
        outcome.status === "fulfilled" ? outcome.value : (outcome.reason as Error).name,
      );
    });
    await run.complete("fine", "fine");
    expect(run.result).toEqual(["fine", "RangeError", "InvalidArgumentError", "InvalidArgumentError"]);
  });

  test("the same generator for two items is the failure of the second", async () => {
    const run = await start(function* (ctx) {
      const same = twice(ctx, "a");
      yield* ctx.map([1, 2], () => same);
    });
    await run.complete("a", 1);
    await run.complete("a", 1);
    expect(run.failure.message).toContain("item 1 is the same generator as an earlier one");
  });

  test("nests, with retries inside its items", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.map([["a"], ["b", "c"], []], (names) =>
        ctx.map(names, (name) => untilItWorks(ctx, name), { concurrency: 1 }),
      );
    });
    await run.fail("b", new Error("no"));
    await run.complete("a", 1);
    await run.complete("b", 2);
    await run.fail("c", new Error("no"));
    await run.complete("c", 3);
    expect(run.result).toEqual([[1], [2, 3], []]);
  });
});

test("two thousand items that end at once are no recursion", async () => {
  const run = await startRun(function* (ctx) {
    yield* ctx.sleep(1);
    const items = Array.from({ length: 2_000 }, (_, index) => index);
    return yield* ctx.map(items, () => ctx.waitForSignal("s"), { concurrency: 3 });
  });
  for (let index = 0; index < 2_000; index++) await run.signal("s", index);
  await run.fire();
  expect(run.result).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
});

test.each<[string, unknown, unknown, unknown]>([
  ["no list", 5, () => 5, {}],
  ["no function", [], undefined, {}],
  ["a concurrency of zero", [], () => 5, { concurrency: 0 }],
  ["half a concurrency", [], () => 5, { concurrency: 1.5 }],
  ["a negative policy", [], () => 5, { toleratedFailures: -1 }],
  ["a policy as text", [], () => 5, { minSuccesses: "1" }],
])("%s throws in the code, at the call", async (_what, items, work, options) => {
  const run = await startRun(function* (ctx) {
    try {
      ctx.map(items as [], work as () => Branch<unknown>, options as object);
    } catch (error) {
      return (error as Error).name;
    }
    return yield* ctx.sleep(1);
  });
  expect(run.result).toBe("InvalidArgumentError");
});

function* twice(ctx: WorkflowContext, name: string) {
  const first = (yield* ctx.run(name)) as string;
  const second = (yield* ctx.run(name)) as string;
  return first + second;
}

function* untilItWorks(ctx: WorkflowContext, name: string) {
  for (;;) {
    try {
      return yield* ctx.run(name);
    } catch {
      // Again.
    }
  }
}

function branchOf(ctx: WorkflowContext, name: string): Branch<unknown> {
  if (name === "waits") return ctx.waitForSignal("s");
  return name === "fails" ? ctx.run(name) : cleansUp(ctx);
}

function* cleansUp(ctx: WorkflowContext) {
  try {
    yield* ctx.sleep("1h");
  } finally {
    yield* ctx.run("undo");
  }
}
