import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "./testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.onCancel, %s,", (_way, start) => {
  test("calls each handler once, in order, with the reason, before the code sees the CancelledError", async () => {
    const run = await start(function* (ctx) {
      const seen: string[] = [];
      ctx.onCancel((reason) => seen.push(`first ${reason}`));
      ctx.onCancel(() => seen.push("second"));
      for (const wait of [() => ctx.waitForSignal("a"), () => ctx.run("report")]) {
        try {
          yield* wait();
        } catch (error) {
          seen.push((error as Error).name);
        }
      }
      return seen;
    });
    await run.cancel("too late");
    await run.cancel("again");
    await run.complete("report");
    expect(run.result).toEqual(["first too late", "second", "CancelledError"]);
  });

  test("calls a handler that comes after the request at once, and none when the run is not cancelled", async () => {
    const run = await start(function* (ctx) {
      const seen: string[] = [];
      try {
        yield* ctx.scope(() => ctx.sleep("1h"), { timeout: "1s" });
      } catch {
        ctx.onCancel((reason) => seen.push(reason));
      }
      seen.push("not yet");
      try {
        yield* ctx.waitForSignal("a");
      } catch {
        ctx.onCancel((reason) => seen.push(`late ${reason}`));
      }
      return seen;
    });
    await run.fire(1);
    await run.cancel("stop");
    expect(run.result).toEqual(["not yet", "stop", "late stop"]);
  });
});

test("a handler that fails is logged once and keeps the cancellation from nobody", async () => {
  const run = await startRun(function* (ctx) {
    ctx.onCancel(() => {
      throw new RangeError("no");
    });
    const rejecting: () => unknown = async () => Promise.reject(new RangeError("no"));
    ctx.onCancel(rejecting);
    try {
      yield* ctx.sleep("1h");
    } finally {
      yield* ctx.waitForSignal("end");
    }
  });
  await run.cancel();
  await run.rebuild();
  await run.signal("end");
  expect(run.closing?.kind).toBe("cancelled");
  const line = "error a handler of ctx.onCancel failed; the cancellation goes on";
  expect(run.lines).toEqual([line, line]);
});

test("what is no function is refused", async () => {
  const run = await startRun(function* (ctx) {
    ctx.onCancel("stop" as never);
    yield* ctx.sleep(1);
  });
  expect(run.failure.name).toBe("InvalidArgumentError");
});
