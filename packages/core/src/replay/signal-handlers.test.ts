import { encodePayload } from "@heddle/protocol";
import { signal } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun } from "./testing/start-run.js";

const note = signal<number>("note");

describe.each(BOTH_WAYS)("ctx.onSignal, %s,", (_way, start) => {
  test("a handler gets every signal of its name in order, by handle and by name", async () => {
    const run = await start(function* (ctx) {
      const notes: unknown[] = [];
      ctx.onSignal(note, (value) => notes.push(value));
      ctx.onSignal("other", (value) => notes.push([value]));
      yield* ctx.waitForSignal("end");
      return notes;
    });
    expect(await run.signal("note", 1)).toEqual(["signal-handled note"]);
    await run.signal("other", 2);
    await run.signal("note", 3);
    await run.signal("end");
    expect(run.result).toEqual([1, [2], 3]);
  });

  test("signals that came before it are handled first, once the code that registers it awaits", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.sleep("1s");
      const notes: string[] = [];
      ctx.onSignal(note, (value) => notes.push(`${greeting} ${value}`));
      const greeting = "note";
      yield* ctx.waitForSignal("end");
      return notes;
    });
    for (const value of [1, 2]) expect(await run.signal("note", value)).toEqual([]);
    expect(await run.fire()).toEqual(["signal-awaited 2 end", "signal-handled note", "signal-handled note"]);
    await run.signal("note", 3);
    await run.signal("end");
    expect(run.result).toEqual(["note 1", "note 2", "note 3"]);
  });

  test("a wait of the name comes before the handler", async () => {
    const run = await start(function* (ctx) {
      const handled: unknown[] = [];
      ctx.onSignal(note, (value) => handled.push(value));
      const first = yield* ctx.waitForSignal(note);
      yield* ctx.waitForSignal("end");
      return { first, handled };
    });
    expect(await run.signal("note", 1)).toEqual(["signal-awaited 2 end"]);
    expect(await run.signal("note", 2)).toEqual(["signal-handled note"]);
    await run.signal("end");
    expect(run.result).toEqual({ first: 1, handled: [2] });
  });

  test("a handler that awaits takes one at a time; what it has not begun is there for a wait", async () => {
    const run = await start(function* (ctx) {
      const log: string[] = [];
      ctx.onSignal(note, function* (value) {
        log.push(`begin ${value}`);
        yield* ctx.run("work", value);
        log.push(`end ${value}`);
      });
      yield* ctx.waitForSignal("take one");
      log.push(`taken ${yield* ctx.waitForSignal(note)}`);
      yield* ctx.waitUntil(ctx.allHandlersFinished);
      return log;
    });
    for (const value of [1, 2, 3]) await run.signal("note", value);
    await run.signal("take one");
    expect(await run.complete("work")).toEqual(["signal-handled note", "activity-scheduled 5 work"]);
    await run.complete("work");
    expect(run.result).toEqual(["begin 1", "taken 2", "end 1", "begin 3", "end 3"]);
  });

  test("an async generator may handle as well, and the end of the run waits for none of them", async () => {
    const run = await start(async function* (ctx) {
      ctx.onSignal(note, async function* () {
        await Promise.resolve();
        yield* ctx.sleep("1h");
      });
      yield* ctx.waitForSignal("end");
      return ctx.allHandlersFinished();
    });
    await run.signal("note", 1);
    expect(await run.signal("end")).toEqual(["completed"]);
    expect([run.result, run.machine.pendingTimers]).toEqual([false, [2]]);
  });

  test("a later handler of a name replaces the earlier", async () => {
    const run = await start(function* (ctx) {
      const log: string[] = [];
      ctx.onSignal(note, (value) => log.push(`first ${value}`));
      yield* ctx.waitForSignal("replace");
      ctx.onSignal(note, (value) => log.push(`second ${value}`));
      yield* ctx.waitForSignal("end");
      return log;
    });
    await run.signal("note", 1);
    await run.signal("replace");
    await run.signal("note", 2);
    await run.signal("end");
    expect(run.result).toEqual(["first 1", "second 2"]);
  });

  test.each(["at once", "after awaiting"])("a handler that throws %s fails the run", async (when) => {
    const run = await start(function* (ctx) {
      if (when === "at once") {
        ctx.onSignal(note, () => {
          throw new RangeError("no");
        });
      } else {
        ctx.onSignal(note, function* () {
          yield* ctx.sleep(1);
          throw new RangeError("no");
        });
      }
      yield* ctx.waitForSignal("end");
    });
    await run.signal("note", 1);
    if (when === "after awaiting") await run.fire();
    expect(run.failure).toMatchObject({ name: "RangeError", message: "no" });
  });

  test("a cancellation reaches handlers at work; one that lets it through ends alone, and later signals are handled", async () => {
    const run = await start(function* (ctx) {
      const log: string[] = [];
      ctx.onSignal(note, function* (value) {
        try {
          yield* ctx.sleep("1h");
        } finally {
          log.push(`ended ${value}`);
        }
      });
      try {
        yield* ctx.waitForSignal("end");
      } catch {
        yield* ctx.waitForSignal("cleaned up");
      }
      return log;
    });
    await run.signal("note", 1);
    await run.signal("note", 2);
    expect(await run.cancel()).toEqual([
      "timer-cancelled 2",
      "signal-awaited 3 cleaned up",
      "signal-handled note",
      "timer-started 4",
    ]);
    await run.fire();
    await run.signal("cleaned up");
    expect(run.result).toEqual(["ended 1", "ended 2"]);
  });
});

test("a run that continues as new takes along what no handler has begun", async () => {
  const run = await startRun(function* (ctx) {
    ctx.onSignal(note, function* () {
      yield* ctx.sleep("1h");
    });
    yield* ctx.waitForSignal("end");
    return yield* ctx.continueAsNew(undefined);
  });
  for (const value of [1, 2, 3]) await run.signal("note", value);
  await run.signal("end");
  expect(run.closing?.kind).toBe("continued");
  expect(run.machine.carriedEvents).toMatchObject([
    { kind: "signal", payload: encodePayload(2) },
    { kind: "signal", payload: encodePayload(3) },
  ]);
});

test("an async function is refused when it is called, and says how to write it", async () => {
  const run = await startRun(function* (ctx) {
    const handler: unknown = async () => Promise.reject(new Error("nobody awaits this"));
    ctx.onSignal("note", handler as () => void);
    yield* ctx.waitForSignal("end");
  });
  await run.signal("note");
  expect(run.failure).toMatchObject({
    name: "InvalidArgumentError",
    message: expect.stringContaining('handler of signal "note" is an async function') as string,
  });
});

test.each<[string, unknown, unknown]>([
  ["an empty name", "", () => undefined],
  ["no handler", "note", undefined],
])("%s throws in the code, at the call", async (_what, handle, handler) => {
  const run = await startRun(function* (ctx) {
    ctx.onSignal(handle as string, handler as () => void);
    yield* ctx.sleep(1);
  });
  expect(run.failure.name).toBe("InvalidArgumentError");
  expect(run.decisions).toEqual(["failed"]);
});
