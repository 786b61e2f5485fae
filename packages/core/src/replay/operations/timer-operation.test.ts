import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("a timer, %s,", (_way, start) => {
  test("ctx.sleep starts a timer of that duration and resolves to undefined when it fires", async () => {
    const run = await start(function* (ctx) {
      return [yield* ctx.sleep("1h30m")];
    });
    expect(run.commands).toEqual([{ kind: "timer-started", seq: 1, durationMs: 5_400_000 }]);
    expect(run.machine.pendingTimers).toEqual([1]);
    expect(await run.fire()).toEqual(["completed"]);
    expect(run.result).toEqual([undefined]);
    expect(run.machine.pendingTimers).toEqual([]);
  });

  test("ctx.sleepUntil starts a timer that is due at that time", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.sleepUntil(new Date(1_800_000_000_000));
      yield* ctx.sleepUntil(1_900_000_000_000.5);
    });
    await run.fire();
    await run.fire();
    expect(run.commands.slice(0, 2)).toEqual([
      { kind: "timer-started", seq: 1, dueMs: 1_800_000_000_000 },
      { kind: "timer-started", seq: 2, dueMs: 1_900_000_000_001 },
    ]);
  });

  test("a timer that fires twice, or after it was cancelled, changes nothing", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.race([ctx.sleep("1s"), ctx.sleep("2s")]);
      yield* ctx.sleep("3s");
    });
    expect(await run.fire(1)).toEqual(["timer-cancelled 2", "timer-started 3"]);
    expect(await run.fire(1)).toEqual([]);
    expect(await run.fire(2)).toEqual([]);
    expect(await run.fire(3)).toEqual(["completed"]);
  });
});

test.each<[string, unknown]>([
  ["text that is no duration", "soon"],
  ["a negative duration", -1],
  ["nothing", undefined],
])("ctx.sleep of %s throws in the code", async (_what, duration) => {
  const run = await startRun(function* (ctx) {
    yield* ctx.sleep(duration as string);
  });
  expect(run.failure.name).toBe("InvalidArgumentError");
});

test.each<[string, unknown]>([
  ["an invalid date", new Date("soon")],
  ["a time before 1970", -1],
  ["text", "2030-01-01"],
  ["nothing", undefined],
])("ctx.sleepUntil of %s throws in the code", async (_what, date) => {
  const run = await startRun(function* (ctx) {
    yield* ctx.sleepUntil(date as Date);
  });
  expect(run.failure.name).toBe("InvalidArgumentError");
});
