import { CompensationFailedError } from "@heddle/protocol";
import type { Branch, Saga, WorkflowContext } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.saga, %s,", (_way, start) => {
  test("gives what its code returns and undoes nothing when it succeeds", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.saga(function* (saga) {
        const flight = yield* saga.run(ctx.run("flight"), () => ctx.run("cancel flight"));
        return [flight];
      });
    });
    await run.complete("flight", 0);
    expect(run.result).toEqual([0]);
  });

  test("undoes what was done, the latest first, with its result, and rethrows the error", async () => {
    const run = await start((ctx) => trip(ctx));
    await run.complete("flight", "f-1");
    await run.complete("hotel", "h-1");
    expect(await run.fail("car", new Error("no car"))).toEqual(["activity-scheduled 4 cancel h-1"]);
    expect(await run.complete("cancel h-1")).toEqual(["activity-scheduled 5 cancel f-1"]);
    await run.complete("cancel f-1");
    expect(run.closing?.kind).toBe("failed");
    expect(run.failure.message).toContain("no car");
  });

  test("undoes when the run is cancelled, without being disturbed, and the run ends as cancelled", async () => {
    const run = await start((ctx) => trip(ctx));
    await run.complete("flight", "f-1");
    await run.complete("hotel", "h-1");
    expect(await run.cancel("customer left")).toEqual([
      "activity-cancelled 3",
      "activity-scheduled 4 cancel h-1",
    ]);
    await run.complete("cancel h-1");
    await run.complete("cancel f-1");
    expect(run.closing?.kind).toBe("cancelled");
    expect(run.failure.message).toBe("customer left");
  });

  test("that is undoing is not disturbed by a cancellation, which the code sees afterwards", async () => {
    const run = await start(function* (ctx) {
      const seen: string[] = [];
      for (const next of [() => ctx.saga((saga) => steps(ctx, saga)), () => ctx.sleep("1h")]) {
        try {
          yield* next();
        } catch (error) {
          seen.push((error as Error).name);
        }
      }
      return seen;
    });
    await run.complete("flight", "f-1");
    await run.fail("hotel", new Error("full"));
    expect(await run.cancel()).toEqual([]);
    await run.complete("cancel f-1");
    expect(run.result).toEqual(["ActivityFailedError", "CancelledError"]);
  });

  test("a compensation that fails does not stop the others; all failures are told, with the reason", async () => {
    const run = await start(function* (ctx) {
      try {
        return yield* trip(ctx);
      } catch (error) {
        if (!(error instanceof CompensationFailedError)) throw error;
        const { details, errors, cause } = error;
        return {
          details,
          errors: errors.map((each) => (each as Error).name),
          cause: (cause as Error).message,
        };
      }
    });
    await run.complete("flight", "f-1");
    await run.complete("hotel", "h-1");
    await run.fail("car", new Error("no car"));
    await run.fail("cancel h-1", new Error("hotel is closed"));
    await run.complete("cancel f-1");
    const text = 'ActivityFailedError: activity "cancel h-1" failed on attempt 3: Error: hotel is closed';
    expect(run.result).toEqual({
      details: { compensations: 2, failed: 1, errors: [text] },
      errors: ["ActivityFailedError"],
      cause: 'activity "car" failed on attempt 3: Error: no car',
    });
  });

  test("that lost a race is undone before the run ends", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.race([ctx.saga((saga) => steps(ctx, saga)), ctx.sleep("1s")]);
    });
    await run.complete("flight", "f-1");
    expect(await run.fire()).toEqual(["activity-cancelled 3", "activity-scheduled 4 cancel f-1"]);
    expect(run.closing).toBeUndefined();
    await run.complete("cancel f-1");
    expect(run.result).toBeUndefined();
  });

  test("that lost a race is undone also when its code cleans up first, without a shield", async () => {
    const run = await start(function* (ctx) {
      const saga = ctx.saga(function* (saga) {
        try {
          yield* steps(ctx, saga);
        } finally {
          yield* ctx.run("clean up");
        }
      });
      return yield* ctx.race([saga, ctx.sleep("1s")]);
    });
    await run.complete("flight", "f-1");
    await run.fire();
    expect(await run.complete("clean up")).toEqual(["activity-scheduled 5 cancel f-1"]);
    await run.complete("cancel f-1");
    expect(run.closing?.kind).toBe("completed");
  });

  test("that has not begun when it loses a race never runs, and holds up nothing", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.sleep(1);
      return yield* ctx.race([
        ctx.saga((saga) => steps(ctx, saga)),
        ctx.scope(function* () {
          yield* [];
        }),
      ]);
    });
    await run.signal("a");
    expect(await run.fire()).toEqual(["activity-scheduled 2 flight", "activity-cancelled 2", "completed"]);
    const never = await start(function* (ctx) {
      yield* ctx.sleep(1);
      return yield* ctx.race([
        ctx.scope(function* () {
          yield* [];
        }),
        ctx.saga((saga) => steps(ctx, saga)),
      ]);
    });
    expect(await never.fire()).toEqual(["completed"]);
  });

  test("sagas nest, and those side by side are all undone before the code goes on", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.saga(function* (saga) {
        yield* saga.run(ctx.run("outer"), () => ctx.run("undo outer"));
        yield* ctx.all(
          ["a", "b"].map((name) =>
            ctx.saga(function* (inner) {
              yield* inner.run(ctx.run(name), () => ctx.run(`undo ${name}`));
              yield* ctx.sleep("1h");
            }),
          ),
        );
      });
    });
    await run.complete("outer");
    await run.complete("a");
    await run.complete("b");
    await run.cancel();
    await run.complete("undo a");
    expect(await run.complete("undo b")).toEqual(["activity-scheduled 8 undo outer"]);
    await run.complete("undo outer");
    expect(run.closing?.kind).toBe("cancelled");
  });

  test("steps side by side are undone in the reverse of the order in which they succeeded", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.saga(function* (saga) {
        yield* ctx.all(["a", "b", "c"].map((name) => saga.run(ctx.run(name), () => ctx.run(`undo ${name}`))));
      });
    });
    await run.complete("c");
    await run.complete("a");
    expect(await run.fail("b", new Error("no"))).toEqual(["activity-scheduled 4 undo a"]);
    expect(await run.complete("undo a")).toEqual(["activity-scheduled 5 undo c"]);
  });

  test("a compensation added without a step is for work that may have happened although it failed", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.saga(function* (saga) {
        saga.addCompensation(() => ctx.run("look and undo"));
        yield* ctx.run("charge");
      });
    });
    expect(await run.fail("charge", new Error("no answer"))).toEqual(["activity-scheduled 2 look and undo"]);
  });

  test("a compensation may be a generator, and one that gives no branch is a failure of its own", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.saga(function* (saga) {
        saga.addCompensation(() => undoSlowly(ctx));
        saga.addCompensation(() => 5 as unknown as Branch<unknown>);
        yield* ctx.run("charge");
      });
    });
    await run.fail("charge", new Error("no"));
    await run.fire();
    await run.complete("undo");
    expect(run.failure).toMatchObject({
      name: "CompensationFailedError",
      details: { compensations: 2, failed: 1 },
    });
  });
});

test("a saga that has not ended is not cut off by continueAsNew", async () => {
  const run = await startRun(function* (ctx) {
    const seen: string[] = [];
    yield* ctx.race([ctx.saga((saga) => steps(ctx, saga)), ctx.sleep("1s")]);
    for (const next of [() => ctx.sleep("1m"), () => ctx.sleep(0)]) {
      try {
        yield* ctx.continueAsNew(seen);
      } catch (error) {
        seen.push((error as Error).name);
        yield* next();
      }
    }
  });
  await run.complete("flight", "f-1");
  expect(await run.fire()).toEqual([
    "activity-cancelled 3",
    "timer-started 4",
    "activity-scheduled 5 cancel f-1",
  ]);
  await run.complete("cancel f-1");
  expect(await run.fire()).toEqual(["continued"]);
});

test("a saga without code, a step without compensation and a step after the end are refused", async () => {
  const run = await startRun(function* (ctx) {
    let leaked: Saga | undefined;
    const problems: string[] = [];
    const calls = [
      () => ctx.saga(undefined as never),
      () => ctx.saga(() => 5 as never),
      () => ctx.saga((saga) => (leaked = saga).run(ctx.run("a"), undefined as never) as never),
      () => leaked?.run(ctx.run("a"), () => ctx.run("b")) as never,
    ];
    for (const call of calls) {
      try {
        yield* call();
      } catch (error) {
        problems.push((error as Error).message.slice(0, 30));
      }
    }
    return problems;
  });
  expect(run.result).toEqual([
    "ctx.saga takes a generator fun",
    "what the code of the scope gav",
    "saga.run got no compensation; ",
    "saga.run came after its saga h",
  ]);
});

function trip(ctx: WorkflowContext) {
  return ctx
    .saga(function* (saga) {
      yield* saga.run(ctx.run("flight"), (flight) => ctx.run(`cancel ${String(flight)}`));
      yield* saga.run(ctx.run("hotel"), (hotel) => ctx.run(`cancel ${String(hotel)}`));
      yield* ctx.run("car");
    })
    [Symbol.iterator]() as Generator<never, void>;
}

function* steps(ctx: WorkflowContext, saga: Saga) {
  yield* saga.run(ctx.run("flight"), (flight) => ctx.run(`cancel ${String(flight)}`));
  yield* ctx.run("hotel");
}

function* undoSlowly(ctx: WorkflowContext) {
  yield* ctx.sleep("1s");
  yield* ctx.run("undo");
}
