import { query } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { STARTED_AT_MS } from "./testing/recorded-run.js";
import { BOTH_WAYS, startRun } from "./testing/start-run.js";

const phase = query<string>("phase");

describe.each(BOTH_WAYS)("ctx, %s,", (_way, start) => {
  test("names the run", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.sleep(1);
      return [ctx.workflowId, ctx.runId, ctx.type, ctx.startedAtMs, ctx.signal.aborted];
    });
    await run.fire();
    expect(run.result).toEqual(["workflow-1", "run-1", "test", STARTED_AT_MS, false]);
  });

  test("now is the time of the event that the code reacts to", async () => {
    const run = await start(function* (ctx) {
      const times = [ctx.now()];
      yield* ctx.waitForSignal("a");
      times.push(ctx.now(), ctx.now());
      yield* ctx.waitForSignal("a");
      return [...times, ctx.now()];
    });
    await run.signal("a");
    await run.signal("unrelated");
    await run.signal("a");
    expect(run.result).toEqual([0, 1_000, 1_000, 3_000].map((afterMs) => STARTED_AT_MS + afterMs));
  });

  test("random and uuid are the same on replay", async () => {
    const run = await start(function* (ctx) {
      const before = [ctx.random(), ctx.uuid()];
      yield* ctx.sleep(1);
      return { before, after: [ctx.random(), ctx.uuid()] };
    });
    await run.fire();
    const { before, after } = run.result as Record<"before" | "after", [number, string]>;
    expect(before).not.toEqual(after);
    const again = await startRun(function* (ctx) {
      yield* [];
      return [ctx.random(), ctx.uuid(), ctx.random(), ctx.uuid()];
    });
    expect(again.result).toEqual([...before, ...after]);
  });

  test("a query sees the state of the code, as of the last event", async () => {
    const run = await start(function* (ctx) {
      let state = "waiting";
      ctx.onQuery(phase, () => state);
      yield* ctx.waitForSignal("a");
      state = "approved";
      yield* ctx.waitForSignal("a");
    });
    expect(run.query("phase")).toBe("waiting");
    await run.signal("a");
    expect(run.query("phase")).toBe("approved");
    await run.rebuild();
    expect(run.query("phase")).toBe("approved");
    expect(run.machine.queryNames).toEqual(["phase"]);
  });

  test("a query gets its input, and the last handler of a name answers", async () => {
    const run = await start(function* (ctx) {
      ctx.onQuery(query<number, number>("double"), (value) => value + value);
      ctx.onQuery(query<number, number>("double"), (value) => value * 2 + 1);
      yield* ctx.sleep(1);
    });
    expect(run.query("double", 5)).toBe(11);
    expect(run.machine.query("unknown", 5)).toBeUndefined();
  });

  test("a query handler that draws random numbers does not change what the code draws", async () => {
    const code = function* (ctx: Parameters<Parameters<typeof start>[0]>[0]) {
      ctx.onQuery(query("draw"), () => [ctx.random(), ctx.uuid()]);
      yield* ctx.sleep(1);
      return ctx.uuid();
    };
    const [asked, unasked] = [await start(code), await start(code)];
    expect(asked.query("draw")).toEqual(asked.query("draw"));
    await asked.fire();
    await unasked.fire();
    expect(asked.result).toBe(unasked.result);
  });
});

test("an error of a query handler reaches whoever asks, and the run goes on", async () => {
  const run = await startRun(function* (ctx) {
    ctx.onQuery(phase, () => {
      throw new RangeError("no phase yet");
    });
    yield* ctx.sleep(1);
  });
  expect(() => run.query("phase")).toThrow(RangeError);
  await run.fire();
  expect(run.closing?.kind).toBe("completed");
});

test.each<[string, unknown, unknown]>([
  ["a query without a name", { name: "" }, () => 1],
  ["no query", undefined, () => 1],
  ["no handler", phase, undefined],
])("onQuery with %s throws in the code, at the call", async (_what, handle, handler) => {
  const run = await startRun(function* (ctx) {
    ctx.onQuery(handle as typeof phase, handler as () => string);
    yield* ctx.sleep(1);
  });
  expect(run.failure.name).toBe("InvalidArgumentError");
});
