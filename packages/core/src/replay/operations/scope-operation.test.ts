import { CancelledError, ScopeTimedOutError } from "@heddle/protocol";
import type { WorkflowContext } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.scope, %s,", (_way, start) => {
  test("gives what its code returns, falsy values included, and throws what it throws", async () => {
    const run = await start(function* (ctx) {
      const values: unknown[] = [];
      for (const value of [0, "", false, null, undefined]) {
        values.push(yield* ctx.scope(() => returning(value)));
      }
      try {
        yield* ctx.scope(async function* () {
          yield* ctx.run("a");
          throw new RangeError("own error");
        });
      } catch (error) {
        values.push((error as Error).name);
      }
      return values;
    });
    await run.complete("a");
    expect(run.result).toEqual([0, "", false, null, undefined, "RangeError"]);
  });

  test("that ends in time cancels the timer of its timeout", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.scope(() => runs(ctx, "a"), { timeout: "1h" });
    });
    expect(run.decisions).toEqual(["timer-started 1", "activity-scheduled 2 a"]);
    expect(await run.complete("a", 5)).toEqual(["timer-cancelled 1", "completed"]);
    expect(run.result).toBe(5);
  });

  test("is cancelled by its timeout, cleans up, and only then throws ScopeTimedOutError", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.scope(() => undoes(ctx, "do"), { timeout: "1s" });
      } catch (error) {
        return error instanceof ScopeTimedOutError ? { ...error.details, cause: error.cause } : error;
      }
      return "not reached";
    });
    expect(await run.fire()).toEqual(["activity-cancelled 2", "activity-scheduled 3 undo do"]);
    expect(run.closing).toBeUndefined();
    await run.complete("undo do");
    expect(run.result).toEqual({ timeoutMs: 1_000, cause: undefined });
  });

  test("that timed out throws so whatever its code made of it; an error of the clean-up is the cause", async () => {
    const run = await start(function* (ctx) {
      const seen: unknown[] = [];
      for (const handler of [() => "late", () => fail(new RangeError("clean-up failed"))]) {
        try {
          yield* ctx.scope(() => catches(ctx, handler), { timeout: "1s" });
        } catch (error) {
          seen.push([(error as Error).name, ((error as Error).cause as Error | undefined)?.name]);
        }
      }
      return seen;
    });
    await run.fire();
    await run.fire();
    expect(run.result).toEqual([
      ["ScopeTimedOutError", undefined],
      ["ScopeTimedOutError", "RangeError"],
    ]);
  });

  test("is told of a cancellation of the run, and the code outside waits for its clean-up", async () => {
    const run = await start(function* (ctx) {
      const order: unknown[] = [];
      try {
        yield* ctx.scope(function* () {
          try {
            yield* ctx.scope(() => undoes(ctx, "inner"));
          } finally {
            order.push("outer", yield* ctx.run("undo outer"));
          }
        });
      } finally {
        yield* ctx.run("report", order);
      }
    });
    expect(await run.cancel("too late")).toEqual(["activity-cancelled 1", "activity-scheduled 2 undo inner"]);
    expect(await run.complete("undo inner")).toEqual(["activity-scheduled 3 undo outer"]);
    expect(await run.complete("undo outer")).toEqual(["activity-scheduled 4 report"]);
    await run.complete("report");
    expect(run.closing?.kind).toBe("cancelled");
    expect(run.failure.message).toBe("too late");
  });

  test("that swallows the cancellation decides alone how the run ends, as code without a scope does", async () => {
    const run = await start(function* (ctx) {
      const value = yield* ctx.scope(() => catches(ctx, () => "kept"));
      return [value, yield* ctx.run("after")];
    });
    await run.cancel();
    await run.complete("after", 1);
    expect(run.result).toEqual(["kept", 1]);
  });

  test("a shielded scope is not cancelled from outside; the code that awaits it is, at its next yield*", async () => {
    const run = await start(function* (ctx) {
      const seen: unknown[] = [];
      try {
        seen.push(yield* ctx.scope(() => runs(ctx, "charge"), { shielded: true }));
        yield* ctx.sleep("1h");
      } catch (error) {
        seen.push(error instanceof CancelledError, yield* ctx.run("report"));
      }
      return seen;
    });
    expect(await run.cancel()).toEqual([]);
    expect(await run.complete("charge", "receipt")).toEqual(["activity-scheduled 2 report"]);
    await run.complete("report", 5);
    expect(run.result).toEqual(["receipt", true, 5]);
  });

  test("a cancellation that waited for a shield in an inner scope reaches the code outside of that", async () => {
    const run = await start(function* (ctx) {
      const value = yield* ctx.scope(function* () {
        return yield* ctx.scope(() => runs(ctx, "charge"), { shielded: true });
      });
      try {
        yield* ctx.sleep("1h");
      } catch (error) {
        return [value, (error as Error).name];
      }
      return "not reached";
    });
    await run.cancel();
    await run.complete("charge", "receipt");
    expect(run.result).toEqual(["receipt", "CancelledError"]);
  });

  test("a shielded scope has its own timeout", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.scope(() => runs(ctx, "charge"), { shielded: true, timeout: "1s" });
    });
    await run.cancel();
    expect(await run.fire()).toEqual(["activity-cancelled 2", "failed"]);
    expect(run.failure.name).toBe("ScopeTimedOutError");
  });

  test("clean-up after a timeout is not disturbed by a cancellation of the run, which comes afterwards", async () => {
    const run = await start(function* (ctx) {
      const seen: string[] = [];
      for (const next of [
        () => ctx.scope(() => undoes(ctx, "do"), { timeout: "1s" }),
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
    await run.fire();
    expect(await run.cancel()).toEqual([]);
    await run.complete("undo do");
    expect(run.result).toEqual(["ScopeTimedOutError", "CancelledError"]);
  });

  test("the run does not end before a shielded scope of a branch that lost a race", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.race([shieldsItsCleanUp(ctx), ctx.waitForSignal("stop")]);
    });
    await run.signal("stop", "stopped");
    expect(run.closing).toBeUndefined();
    await run.complete("undo 1");
    expect(run.closing).toBeUndefined();
    await run.complete("undo 2");
    expect(run.result).toBe("stopped");
  });

  test("a scope that lost a race or was cancelled in an all consumes nothing", async () => {
    const run = await start(function* (ctx) {
      const waits = () => ctx.scope(() => waitsFor(ctx, "a"), { timeout: "1h" });
      yield* ctx.race([waits(), ctx.all([waits(), waits()]), ctx.waitForSignal("stop")]);
      return yield* ctx.waitForSignal("a");
    });
    await run.signal("stop");
    await run.signal("a", 5);
    expect(run.machine.pendingTimers).toEqual([]);
    expect(run.result).toBe(5);
  });

  test("a cancelled all waits for the clean-up of its branches; what a clean-up throws is thrown", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.all([undoes(ctx, "a"), ctx.sleep("1h"), ctx.scope(() => undoes(ctx, "b"))]);
      } catch (error) {
        return (error as Error).name;
      }
      return "not reached";
    });
    await run.cancel();
    await run.complete("undo a");
    expect(run.closing).toBeUndefined();
    await run.fail("undo b", new Error("no way back"));
    expect(run.result).toBe("ActivityFailedError");
  });

  test("of two waits for a signal the earlier branch is first, also when it is in a scope", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.all([ctx.scope(() => waitsFor(ctx, "a")), ctx.waitForSignal("a")]);
    });
    await run.signal("a", 1);
    await run.signal("a", 2);
    expect(run.result).toEqual([1, 2]);
  });

  test("scopes nest to any depth", async () => {
    const run = await start(function* (ctx) {
      return yield* nested(ctx, 100);
    });
    await run.complete("deepest", 5);
    expect(run.result).toBe(5);
  });
});

test.each<[string, unknown, unknown]>([
  ["no function", undefined, undefined],
  ["a function that is no generator", () => 5, undefined],
  ["an async function", async () => Promise.reject(new Error("nobody awaits this")), undefined],
  ["a generator that was called", returning(5), undefined],
  ["a timeout that is no duration", () => returning(5), { timeout: "soon" }],
])("%s is refused, and nothing is decided", async (_what, code, options) => {
  const run = await startRun(function* (ctx) {
    yield* ctx.scope(code as () => Generator<never, number>, options as { timeout?: string });
  });
  expect(run.decisions).toEqual(["failed"]);
  expect(run.failure.name).toBe("InvalidArgumentError");
});

function* returning(value: unknown) {
  yield* [];
  return value;
}

function* runs(ctx: WorkflowContext, name: string) {
  return yield* ctx.run(name);
}

function* waitsFor(ctx: WorkflowContext, name: string) {
  return yield* ctx.waitForSignal(name);
}

function* undoes(ctx: WorkflowContext, name: string) {
  try {
    return yield* ctx.run(name);
  } catch (error) {
    yield* ctx.run(`undo ${name}`);
    throw error;
  }
}

function* catches(ctx: WorkflowContext, handler: () => unknown) {
  try {
    return yield* ctx.sleep("1h");
  } catch {
    return handler();
  }
}

/** Its clean-up begins two turns after it was cancelled: after the code outside has gone on. */
function* shieldsItsCleanUp(ctx: WorkflowContext) {
  try {
    yield* ctx.scope(() => ctx.all([waitsFor(ctx, "never")]));
  } finally {
    yield* ctx.scope(() => runs(ctx, "undo 1"), { shielded: true });
    yield* ctx.scope(() => runs(ctx, "undo 2"), { shielded: true });
  }
}

function* nested(ctx: WorkflowContext, depth: number): ReturnType<typeof runs> {
  if (depth === 0) return yield* ctx.run("deepest");
  return yield* ctx.scope(() => nested(ctx, depth - 1));
}

function fail(error: Error): never {
  throw error;
}
