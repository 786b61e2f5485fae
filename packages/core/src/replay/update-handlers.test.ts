import { decodePayload, encodePayload, NondeterminismError } from "@heddle/protocol";
import { workflow } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import type { RecordedRun } from "./testing/recorded-run.js";
import { BOTH_WAYS, startRun } from "./testing/start-run.js";

function update(run: RecordedRun, name: string, updateId: string, input?: unknown) {
  return run.feed({ kind: "update", name, updateId, input: encodePayload(input) });
}

/** What the updates ended with, by id. */
function outcomes(run: RecordedRun): Record<string, unknown> {
  return Object.fromEntries(
    run.commands.flatMap((command) => {
      if (command.kind === "update-completed") return [[command.updateId, decodePayload(command.result)]];
      return command.kind === "update-failed" ? [[command.updateId, command.failure.name]] : [];
    }),
  );
}

function refusalOf(run: RecordedRun, name: string, input: unknown) {
  const event = { kind: "update" as const, at: 1, name, updateId: "u", input: encodePayload(input) };
  return run.machine.refusalOf(event);
}

describe.each(BOTH_WAYS)("updates of a run, %s,", (_way, start) => {
  test("run one after the other in order of acceptance and complete with what their handlers return", async () => {
    const run = await start(function* (ctx) {
      const seen: number[] = [];
      ctx.onUpdate({ name: "add" }, (amount: number) => seen.push(amount));
      yield* ctx.waitForSignal("end");
      return seen;
    });
    await update(run, "add", "a", 5);
    await update(run, "add", "b", 7);
    await run.signal("end");
    expect(outcomes(run)).toEqual({ a: 1, b: 2 });
    expect(run.result).toEqual([5, 7]);
  });

  test("may await beside the code and beside each other", async () => {
    const run = await start(function* (ctx) {
      ctx.onUpdate({ name: "charge" }, function* (cents: number) {
        const receipt = yield* ctx.run("charge", cents);
        yield* ctx.sleep("1s");
        return [cents, receipt];
      });
      yield* ctx.waitForSignal("end");
    });
    await update(run, "charge", "a", 5);
    await update(run, "charge", "b", 7);
    expect(run.machine.openUpdates).toEqual(["a", "b"]);
    await run.complete(3, "second");
    await run.complete(2, "first");
    await run.fire();
    await run.fire();
    expect(outcomes(run)).toEqual({ b: [7, "second"], a: [5, "first"] });
    expect(run.machine.openUpdates).toEqual([]);
    await run.signal("end");
    expect(run.closing?.kind).toBe("completed");
  });

  test("fail by themselves when their handler throws, cannot be stored or is an async function", async () => {
    const run = await start(function* (ctx) {
      ctx.onUpdate({ name: "throws" }, function* () {
        yield* ctx.waitForSignal("now");
        throw new RangeError("no");
      });
      ctx.onUpdate({ name: "unserializable" }, () => () => 1);
      ctx.onUpdate({ name: "async" }, async () => Promise.reject(new Error("nobody awaits this")));
      yield* ctx.waitForSignal("end");
    });
    await update(run, "throws", "a");
    await update(run, "unserializable", "b");
    await update(run, "async", "c");
    await run.signal("now");
    expect(outcomes(run)).toEqual({
      a: "RangeError",
      b: "PayloadNotSerializableError",
      c: "InvalidArgumentError",
    });
    expect(run.closing).toBeUndefined();
  });

  test("are cancelled with the run, and may clean up", async () => {
    const run = await start(function* (ctx) {
      ctx.onUpdate({ name: "tidy" }, function* () {
        try {
          yield* ctx.sleep("1h");
        } finally {
          yield* ctx.run("tidy");
        }
      });
      try {
        yield* ctx.waitForSignal("end");
      } catch {
        yield* ctx.waitForSignal("end");
      }
    });
    await update(run, "tidy", "a");
    await run.cancel();
    expect(outcomes(run)).toEqual({});
    await run.complete("tidy");
    expect(outcomes(run)).toEqual({ a: "CancelledError" });
  });

  test("that are open when the code ends stay so, and no later one begins", async () => {
    const run = await start(function* (ctx) {
      ctx.onUpdate({ name: "wait" }, function* () {
        yield* ctx.waitForSignal("never");
      });
      yield* ctx.waitForSignal("end");
    });
    await update(run, "wait", "a");
    await run.signal("end");
    expect(await update(run, "wait", "b")).toEqual([]);
    expect(run.machine.openUpdates).toEqual(["a"]);
  });

  test("are refused by their validator, by an async one, and when nobody takes them", async () => {
    const run = await start(function* (ctx) {
      let limit = 10;
      const draws: number[] = [];
      ctx.onUpdate({ name: "add" }, () => undefined, {
        validate: (amount: number) => {
          ctx.random();
          if (amount > limit) throw new RangeError(`over ${limit}`);
        },
      });
      ctx.onUpdate({ name: "late" }, () => undefined, {
        // eslint-disable-next-line @typescript-eslint/no-misused-promises -- what the types refuse, plain JavaScript may do
        validate: async () => Promise.reject(new Error("nobody awaits this")),
      });
      ctx.onQuery({ name: "draws" }, () => draws);
      limit = yield* ctx.waitForSignal<number>({ name: "limit" });
      draws.push(ctx.random());
      yield* ctx.waitForSignal("end");
    });
    expect(refusalOf(run, "add", 11)).toMatchObject({ name: "RangeError", message: "over 10" });
    expect(refusalOf(run, "add", 9)).toBeUndefined();
    expect(refusalOf(run, "late", 9)).toMatchObject({ name: "InvalidArgumentError" });
    expect(refusalOf(run, "shrink", 9)).toMatchObject({
      name: "UpdateNotFoundError",
      details: { known: ["add", "late"] },
    });
    await run.signal("limit", 8);
    expect(refusalOf(run, "add", 9)).toMatchObject({ message: "over 8" });
    const undisturbed = await startRun(function* (ctx) {
      const draws: number[] = [];
      ctx.onQuery({ name: "draws" }, () => draws);
      yield* ctx.waitForSignal("limit");
      draws.push(ctx.random());
      yield* ctx.waitForSignal("end");
    });
    await undisturbed.signal("limit", 8);
    expect(run.query("draws")).toEqual(undisturbed.query("draws"));
  });
});

test("a validator is not asked on replay", async () => {
  const asked: number[] = [];
  const run = await startRun(function* (ctx) {
    ctx.onUpdate({ name: "add" }, (amount: number) => amount, {
      validate: (amount) => {
        asked.push(amount);
        throw new Error("never");
      },
    });
    yield* ctx.waitForSignal("end");
  });
  await update(run, "add", "a", 1);
  await run.rebuild();
  expect([outcomes(run), asked]).toEqual([{ a: 1 }, []]);
});

test("code that takes an accepted update no more is told apart from the code that took it", async () => {
  const run = await startRun(function* (ctx) {
    ctx.onUpdate({ name: "add" }, function* () {
      yield* ctx.waitForSignal("end");
    });
    yield* ctx.waitForSignal("end");
  });
  await update(run, "add", "a");
  const changed = workflow({ name: "test" }).execute(function* (ctx) {
    yield* ctx.waitForSignal("end");
  });
  await expect(run.rebuild(changed)).rejects.toThrow(NondeterminismError);
});

test("bad handlers are refused where they are registered", async () => {
  const noHandler = await startRun(function* (ctx) {
    ctx.onUpdate({ name: "add" }, 5 as never);
    yield* ctx.sleep(1);
  });
  expect(noHandler.failure.message).toBe('update "add" got no handler');
  const noValidator = await startRun(function* (ctx) {
    ctx.onUpdate({ name: "add" }, () => 1, { validate: true as never });
    yield* ctx.sleep(1);
  });
  expect(noValidator.failure.message).toBe('the validator of update "add" is no function');
});
