import type { WorkflowContext } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.race, %s,", (_way, start) => {
  test("resolves to the first to settle and cancels the others", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.race([ctx.run("a"), ctx.sleep("1s"), ctx.waitForSignal("b", { timeout: "1h" })]);
    });
    expect(await run.complete("a", 1)).toEqual(["timer-cancelled 2", "timer-cancelled 4", "completed"]);
    expect(run.result).toBe(1);
  });

  test("a sleep that wins is undefined, and the activity that lost is cancelled", async () => {
    const run = await start(function* (ctx) {
      return [yield* ctx.race([ctx.run("a"), ctx.sleep("1s")])];
    });
    expect(await run.fire()).toEqual(["activity-cancelled 1", "completed"]);
    expect(run.machine.pendingActivities).toEqual([]);
    expect(run.result).toEqual([undefined]);
  });

  test("a failure that comes first wins too", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.race([ctx.run("a"), ctx.waitForSignal("b")]);
    });
    await run.fail("a", new Error("no"));
    expect(run.failure.name).toBe("ActivityFailedError");
  });

  test("the late result of a loser changes nothing", async () => {
    const run = await start(function* (ctx) {
      const winner = yield* ctx.race([ctx.run("a"), ctx.run("b")]);
      yield* ctx.sleep(1);
      return winner;
    });
    await run.complete("b", "first");
    expect(await run.complete(1, "late")).toEqual([]);
    await run.fire();
    expect(run.result).toBe("first");
  });

  test("a signal that waits already wins at once, and later branches never start", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.sleep(1);
      return yield* ctx.race([ctx.run("a"), ctx.waitForSignal("b"), ctx.run("c"), runs(ctx, "d")]);
    });
    await run.signal("b", 5);
    expect(await run.fire()).toEqual([
      "activity-scheduled 2 a",
      "signal-awaited 3 b",
      "activity-cancelled 2",
      "completed",
    ]);
    expect(run.result).toBe(5);
  });

  test("of two signals that wait already the first branch takes its own, and the other signal stays", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.sleep(1);
      const winner = yield* ctx.race([ctx.waitForSignal("b"), ctx.waitForSignal("a")]);
      return [winner, yield* ctx.waitForSignal("a")];
    });
    await run.signal("a", 1);
    await run.signal("b", 2);
    await run.fire();
    expect(run.result).toEqual([2, 1]);
  });

  test("a generator that loses gets a CancelledError and may clean up", async () => {
    const run = await start(function* (ctx) {
      const winner = yield* ctx.race([undoes(ctx), ctx.waitForSignal("stop")]);
      yield* ctx.sleep("1s");
      return winner;
    });
    expect(await run.signal("stop", "stopped")).toEqual([
      "activity-cancelled 1",
      "activity-scheduled 3 undo",
      "timer-started 4",
    ]);
    await run.complete("undo");
    await run.fire();
    expect(run.result).toBe("stopped");
  });

  test("a generator that has not begun when the race is won never runs", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.race([immediately(), runs(ctx, "a")]);
    });
    expect(run.decisions).toEqual(["completed"]);
    expect(run.result).toBe("at once");
  });

  test("a loser that just took a signal sees it before it is cancelled, and awaits nothing more", async () => {
    const run = await start(function* (ctx) {
      const seen: unknown[] = [];
      yield* ctx.sleep(1);
      yield* ctx.race([takesTwo(ctx, seen), immediately()]);
      return [seen, yield* ctx.waitForSignal("a")];
    });
    await run.signal("a", 1);
    await run.signal("a", 2);
    expect(await run.fire()).toEqual(["signal-awaited 2 a", "signal-awaited 3 a", "completed"]);
    expect(run.result).toEqual([[1, "CancelledError"], 2]);
  });

  test("clean-up code of a loser gets its own outcomes, not a stale one", async () => {
    const run = await start(function* (ctx) {
      const seen: unknown[] = [];
      yield* ctx.sleep(1);
      yield* ctx.race([
        (function* () {
          try {
            seen.push(yield* ctx.waitForSignal("a"));
            seen.push(yield* ctx.waitForSignal("a"));
          } finally {
            seen.push(yield* ctx.run("undo"));
          }
        })(),
        immediately(),
      ]);
      yield* ctx.waitForSignal("end");
      return seen;
    });
    await run.signal("a", 1);
    await run.signal("a", 2);
    await run.fire();
    await run.complete("undo", "undone");
    await run.signal("end");
    expect(run.result).toEqual([1, "undone"]);
  });

  test("an operation behind a generator waits its turn, so that the earlier branch is first in line", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.race([takesOne(ctx), ctx.waitForSignal("a")]);
    });
    await run.signal("a", 5);
    expect(run.result).toEqual(["generator", 5]);
  });

  test("cancelling an all cancels its branches, at any depth", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.race([
        ctx.all([ctx.run("a"), ctx.all([ctx.sleep("1s"), runs(ctx, "b")]), ctx.race([ctx.run("c")])]),
        ctx.waitForSignal("stop"),
      ]);
    });
    expect(await run.signal("stop")).toEqual([
      "activity-cancelled 1",
      "timer-cancelled 2",
      "activity-cancelled 3",
      "activity-cancelled 4",
      "completed",
    ]);
  });

  test("a branch that throws at once wins with its failure", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.race([ctx.run("a", Symbol("odd")), ctx.run("b")]);
    });
    expect(run.decisions).toEqual(["failed"]);
    expect(run.failure.name).toBe("PayloadNotSerializableError");
  });
});

test("a race of nothing is refused, because it could never end", async () => {
  const run = await startRun(function* (ctx) {
    yield* ctx.race([]);
  });
  expect(run.failure.name).toBe("InvalidArgumentError");
});

function* runs(ctx: WorkflowContext, name: string) {
  return yield* ctx.run(name);
}

function* takesOne(ctx: WorkflowContext) {
  return ["generator", yield* ctx.waitForSignal("a")];
}

function* immediately() {
  yield* [];
  return "at once";
}

function* undoes(ctx: WorkflowContext) {
  try {
    return yield* ctx.run("do");
  } catch (error) {
    yield* ctx.run("undo");
    throw error;
  }
}

function* takesTwo(ctx: WorkflowContext, seen: unknown[]) {
  seen.push(yield* ctx.waitForSignal("a"));
  try {
    seen.push(yield* ctx.waitForSignal("a"));
  } catch (error) {
    seen.push((error as Error).name);
  }
}
