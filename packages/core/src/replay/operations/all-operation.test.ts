import type { Branch, WorkflowContext } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.all, %s,", (_way, start) => {
  test("starts every branch in order and gives their results in order", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.all([
        ctx.run("a"),
        ctx.sleep("1s"),
        ctx.waitForSignal("b"),
        ctx.step("c", () => 3),
        twice(ctx, "d"),
      ]);
    });
    expect(run.decisions).toEqual([
      "activity-scheduled 1 a",
      "timer-started 2",
      "signal-awaited 3 b",
      "step-started 4 c",
      "activity-scheduled 5 d",
    ]);
    await run.complete("d", 4);
    await run.runSteps();
    await run.signal("b", 2);
    await run.complete("d", 40);
    await run.fire();
    await run.complete("a", 1);
    expect(run.result).toEqual([1, undefined, 2, 3, 44]);
  });

  test("of no branches is an empty list at once", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.all([]);
    });
    expect(run.result).toEqual([]);
  });

  test("waits for every branch and then throws the failure that was accepted first", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.all([ctx.run("a"), ctx.run("b"), ctx.run("c")]);
    });
    await run.fail("c", new Error("third branch, first failure"));
    await run.fail("a", new Error("first branch, second failure"));
    expect(run.closing).toBeUndefined();
    await run.complete("b");
    expect(run.failure.message).toContain("third branch, first failure");
  });

  test("takes signals that wait already, each branch its own", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.sleep(1);
      return yield* ctx.all([ctx.waitForSignal("a"), ctx.waitForSignal("a")]);
    });
    await run.signal("a", 1);
    await run.signal("a", 2);
    expect(await run.fire()).toEqual(["signal-awaited 2 a", "signal-awaited 3 a", "completed"]);
    expect(run.result).toEqual([1, 2]);
  });

  test("nests, with generators inside generators", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.all([
        ctx.all([ctx.run("a"), twice(ctx, "b")]),
        (function* () {
          return yield* ctx.all([twice(ctx, "c"), ctx.run("d")]);
        })(),
      ]);
    });
    for (const name of ["d", "b", "c", "a", "c", "b"]) await run.complete(name, 1);
    expect(run.result).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });

  test("async generators are branches too", async () => {
    const run = await start(async function* (ctx) {
      return yield* ctx.all([
        (async function* () {
          return [yield* ctx.run("a"), await Promise.resolve("plain")];
        })(),
        ctx.run("b"),
      ]);
    });
    await run.complete("a", 1);
    await run.complete("b", 2);
    expect(run.result).toEqual([[1, "plain"], 2]);
  });

  test("retries inside a branch do not disturb the others", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.all([untilItWorks(ctx, "a"), ctx.run("b")]);
    });
    await run.fail("a", new Error("no"));
    await run.complete("b", 2);
    await run.fail("a", new Error("no"));
    await run.complete("a", 1);
    expect(run.result).toEqual([1, 2]);
  });

  test("one branch with an input that cannot be stored fails, the others go on to their end", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.all([ctx.run("a", Symbol("odd")), ctx.run("b")]);
    });
    expect(run.decisions).toEqual(["activity-scheduled 1 b"]);
    await run.complete("b");
    expect(run.failure.name).toBe("PayloadNotSerializableError");
  });

  test("a list of a thousand branches is one event each", async () => {
    const run = await start(function* (ctx, count: number) {
      const results = yield* ctx.all(Array.from({ length: count }, (_, index) => ctx.run(`a${index}`)));
      return results.length;
    }, 50);
    for (let index = 49; index >= 0; index--) await run.complete(`a${index}`);
    expect(run.result).toBe(50);
  });
});

describe.each(BOTH_WAYS)("ctx.allSettled, %s,", (_way, start) => {
  test("says in order how each branch ended, falsy values included, and throws nothing", async () => {
    const run = await start(function* (ctx) {
      const outcomes = yield* ctx.allSettled([ctx.run("a"), ctx.run("b"), ctx.run("c", Symbol("odd"))]);
      return outcomes.map((outcome) =>
        outcome.status === "fulfilled" ? outcome : { ...outcome, reason: (outcome.reason as Error).name },
      );
    });
    await run.fail("b", new Error("no"));
    expect(run.closing).toBeUndefined();
    await run.complete("a", 0);
    expect(run.result).toEqual([
      { status: "fulfilled", value: 0 },
      { status: "rejected", reason: "ActivityFailedError" },
      { status: "rejected", reason: "PayloadNotSerializableError" },
    ]);
  });

  test("of no branches is an empty list, and its outcomes can be the result of the run", async () => {
    const run = await start(function* (ctx) {
      return [yield* ctx.allSettled([]), yield* ctx.allSettled([ctx.run("a")])];
    });
    await run.fail("a", new Error("no"));
    expect(run.result).toMatchObject([[], [{ status: "rejected", reason: { name: "ActivityFailedError" } }]]);
  });

  test("that is cancelled throws the CancelledError", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.allSettled([ctx.run("a"), ctx.run("b")]);
    });
    await run.complete("a");
    expect(await run.cancel()).toEqual(["activity-cancelled 2", "cancelled"]);
  });
});

test.each<[string, (ctx: WorkflowContext) => unknown]>([
  ["no list", (ctx) => ctx.run("a")],
  ["nothing", () => undefined],
  ["a promise in the list", (ctx) => [ctx.run("a"), Promise.resolve(1)]],
  ["a function that was not called", (ctx) => [ctx.run("a"), twice]],
  ["an empty place", (ctx) => [ctx.run("a"), undefined]],
  [
    "the same generator twice",
    (ctx) => {
      const branch = twice(ctx, "a");
      return [branch, branch];
    },
  ],
])(
  "%s is refused before any branch starts, so that no claim on a signal is left",
  async (_what, branches) => {
    const run = await startRun(function* (ctx) {
      const before = ctx.waitForSignal("s");
      try {
        const list = branches(ctx);
        yield* ctx.all((Array.isArray(list) ? [before, ...(list as unknown[])] : list) as Branch<unknown>[]);
      } catch (error) {
        return [(error as Error).name, yield* ctx.waitForSignal("s")];
      }
      return "not reached";
    });
    expect(run.decisions).toEqual(["signal-awaited 1 s"]);
    await run.signal("s", 5);
    expect(run.result).toEqual(["InvalidArgumentError", 5]);
  },
);

function* twice(ctx: WorkflowContext, name: string) {
  const first = (yield* ctx.run(name)) as number;
  const second = (yield* ctx.run(name)) as number;
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
