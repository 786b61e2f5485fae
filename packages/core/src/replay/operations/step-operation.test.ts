import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.step, %s,", (_way, start) => {
  test("asks the owner to run the function and resolves to its recorded result", async () => {
    const run = await start(
      function* (ctx, orders: number[]) {
        const total = yield* ctx.step("total", async () =>
          Promise.resolve(orders.reduce((a, b) => a + b, 0)),
        );
        return `total ${total}`;
      },
      [1, 2, 3],
    );
    expect(run.decisions).toEqual(["step-started 1 total"]);
    expect(run.machine.pendingSteps).toMatchObject([{ seq: 1, name: "total" }]);
    expect(run.machine.hasStep(1)).toBe(true);
    await run.runSteps();
    expect(run.result).toBe("total 6");
    expect(run.machine.hasStep(1)).toBe(false);
  });

  test("throws what the function threw, with name, message and details", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.step("parse", () => {
          throw Object.assign(new TypeError("no number"), { details: { line: 5 } });
        });
      } catch (error) {
        const { name, message, details } = error as Error & { details: unknown };
        return { name, message, details };
      }
      return "not reached";
    });
    await run.runSteps();
    expect(run.result).toEqual({ name: "TypeError", message: "no number", details: { line: 5 } });
  });

  test("ctx.run of a function is a step of the function's name", async () => {
    const run = await start(function* (ctx) {
      function double(value: number): number {
        return value * 2;
      }
      return [yield* ctx.run(double, 5), yield* ctx.run(() => 1)];
    });
    await run.runSteps();
    expect(run.decisions).toEqual(["step-started 1 double", "step-started 2 anonymous", "completed"]);
    expect(run.result).toEqual([10, 1]);
  });

  test("a step that lost a race is withdrawn, and its late outcome changes nothing", async () => {
    const run = await start(function* (ctx) {
      const winner = yield* ctx.race([ctx.step("slow", () => 1), ctx.waitForSignal("stop")]);
      yield* ctx.sleep("1s");
      return winner;
    });
    await run.signal("stop", "stopped");
    expect(run.machine.pendingSteps).toEqual([]);
    expect(await run.feed({ kind: "step-completed", seq: 1, result: new Uint8Array([1]) })).toEqual([]);
    await run.fire();
    expect(run.result).toBe("stopped");
  });
});

test("a step without a recorded outcome is asked for again after a rebuild", async () => {
  const run = await startRun(function* (ctx) {
    return yield* ctx.step("total", () => 5);
  });
  await run.rebuild();
  expect(run.machine.pendingSteps).toMatchObject([{ seq: 1, name: "total" }]);
  await run.runSteps();
  expect(run.result).toBe(5);
});

test("a step with a recorded outcome never runs again", async () => {
  let calls = 0;
  const run = await startRun(function* (ctx) {
    yield* ctx.step("count", () => ++calls);
    yield* ctx.sleep(1);
  });
  await run.runSteps();
  await run.rebuild();
  await run.runSteps();
  expect(calls).toBe(1);
});

test("no step is left to run once the code has ended", async () => {
  const run = await startRun(function* (ctx) {
    yield* ctx.race([cleansUpSlowly(), ctx.waitForSignal("stop")]);
    function* cleansUpSlowly() {
      try {
        yield* ctx.sleep("1h");
      } finally {
        yield* ctx.step("clean-up", () => 1);
      }
    }
  });
  await run.signal("stop");
  expect(run.closing?.kind).toBe("completed");
  expect(run.machine.pendingSteps).toEqual([]);
});

test.each<[string, string, unknown]>([
  ["an empty name", "", () => 1],
  ["no function", "total", undefined],
  ["a value instead of a function", "total", 5],
])("%s throws in the code, at the call", async (_what, name, execute) => {
  const run = await startRun(function* (ctx) {
    yield* ctx.step(name, execute as () => unknown);
  });
  expect(run.failure.name).toBe("InvalidArgumentError");
});
