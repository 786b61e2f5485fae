import type { WorkflowContext } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "./testing/start-run.js";

describe.each(BOTH_WAYS)("workflow code, %s,", (_way, start) => {
  test("may be a sync or an async generator, with the same decisions", async () => {
    const sync = await start(function* (ctx, input: number) {
      return [yield* ctx.run("a", input), yield* helper(ctx)];
    }, 1);
    const async = await start(async function* (ctx, input: number) {
      await Promise.resolve();
      return [yield* ctx.run("a", input), yield* helper(ctx)];
    }, 1);
    for (const run of [sync, async]) {
      await run.complete("a", 1);
      await run.complete("b", 2);
      expect(run.result).toEqual([1, 2]);
    }
    expect(async.decisions).toEqual(sync.decisions);
  });

  test("that yields what is no operation gets an error there, and may go on", async () => {
    const run = await start(function* (ctx) {
      const problems: string[] = [];
      for (const wrong of [5, undefined, Promise.resolve(1), { name: "charge" }]) {
        try {
          yield wrong as never;
        } catch (error) {
          problems.push((error as Error).name);
        }
      }
      yield* ctx.sleep(1);
      return problems;
    });
    await run.fire();
    expect(run.result).toEqual(Array.from({ length: 4 }, () => "InvalidArgumentError"));
  });

  test("is cancelled at what it awaits, and ends as cancelled when it lets that through", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.all([ctx.run("a"), ctx.sleep("1h"), ctx.waitForSignal("b", { timeout: "1h" }), helper(ctx)]);
    });
    expect(await run.cancel("too late")).toEqual([
      "activity-cancelled 1",
      "timer-cancelled 2",
      "timer-cancelled 4",
      "activity-cancelled 5",
      "cancelled",
    ]);
    expect(run.failure).toMatchObject({ name: "CancelledError", message: "too late" });
    expect([run.machine.pendingActivities, run.machine.pendingTimers]).toEqual([[], []]);
  });

  test("that catches the cancellation goes on and completes", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.run("a");
      } catch (error) {
        return [(error as Error).name, ctx.signal.aborted, yield* ctx.run("undo")];
      }
      return "not reached";
    });
    expect(await run.cancel()).toEqual(["activity-cancelled 1", "activity-scheduled 2 undo"]);
    await run.complete("undo", "undone");
    expect(run.result).toEqual(["CancelledError", true, "undone"]);
  });

  test("is cancelled once: a second request does not disturb the clean-up", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.run("a");
      } finally {
        yield* ctx.run("undo");
      }
    });
    await run.cancel("first");
    expect(await run.cancel("second")).toEqual([]);
    await run.complete("undo");
    expect(run.closing?.kind).toBe("cancelled");
    expect(run.failure.message).toBe("first");
  });

  test("that throws its own error during a cancellation fails with it", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.run("a");
      } catch {
        throw new RangeError("clean-up failed");
      }
    });
    await run.cancel();
    expect(run.closing?.kind).toBe("failed");
    expect(run.failure.name).toBe("RangeError");
  });

  test("that rethrows the cancellation after a clean-up ends as cancelled", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.waitForSignal("a");
      } catch (error) {
        yield* ctx.sleep("1s");
        throw error;
      }
    });
    await run.cancel();
    await run.fire();
    expect(run.closing?.kind).toBe("cancelled");
  });

  test("keeps no claim on signals once it was cancelled", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.all([ctx.waitForSignal("a"), ctx.race([ctx.waitForSignal("a"), helper(ctx)])]);
      } catch {
        return yield* ctx.all([ctx.waitForSignal("a"), ctx.waitForSignal("a")]);
      }
      return "not reached";
    });
    await run.cancel();
    await run.signal("a", 1);
    await run.signal("a", 2);
    expect(run.result).toEqual([1, 2]);
  });

  test("lets a branch clean up before the code itself goes on", async () => {
    const run = await start(function* (ctx) {
      const order: string[] = [];
      try {
        yield* ctx.all([
          (function* () {
            try {
              yield* ctx.sleep("1h");
            } finally {
              order.push("branch");
            }
          })(),
        ]);
      } finally {
        order.push("root");
        yield* ctx.run("report", order);
      }
    });
    await run.cancel();
    expect(run.decisions).toEqual(["timer-started 1", "timer-cancelled 1", "activity-scheduled 2 report"]);
    await run.complete("report");
    expect(run.closing?.kind).toBe("cancelled");
  });
});

test("an operation may be handed over by yield as well as by yield*", async () => {
  const run = await startRun(function* (ctx) {
    return yield ctx.run("a");
  });
  await run.complete("a", 5);
  expect(run.result).toBe(5);
});

function* helper(ctx: WorkflowContext) {
  return yield* ctx.run("b");
}
