import { encodePayload } from "@heddle/protocol";
import type { AnyWorkflow } from "@heddle/workflow";
import { workflow } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { RecordedRun } from "./testing/recorded-run.js";
import { BOTH_WAYS, startRun } from "./testing/start-run.js";

describe.each(BOTH_WAYS)("a run, %s,", (_way, start) => {
  test("completes with what the code returns", async () => {
    const run = await start(
      function* (ctx, input: Map<string, Date>) {
        yield* ctx.sleep(1);
        return input;
      },
      new Map([["start", new Date(5)]]),
    );
    await run.fire();
    expect(run.closing?.kind).toBe("completed");
    expect(run.result).toEqual(new Map([["start", new Date(5)]]));
  });

  test("fails with what the code throws", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.sleep(1);
      throw Object.assign(new TypeError("no", { cause: new Error("why") }), { details: { orderId: "1" } });
    });
    await run.fire();
    expect(run.closing?.kind).toBe("failed");
    expect(run.failure).toMatchObject({
      name: "TypeError",
      message: "no",
      details: { orderId: "1" },
      cause: { name: "Error", message: "why" },
    });
  });

  test("fails when its result cannot be stored", async () => {
    const unserializable = await start(function* (ctx) {
      yield* ctx.sleep(1);
      return { onDone: () => 1 };
    });
    await unserializable.fire();
    expect(unserializable.failure).toMatchObject({
      name: "PayloadNotSerializableError",
      message: expect.stringContaining("result of the workflow holds a function at $.onDone") as string,
    });

    const tooLarge = await start(function* (ctx) {
      yield* ctx.sleep(1);
      return "x".repeat(20_000);
    });
    await tooLarge.fire();
    expect(tooLarge.failure.name).toBe("PayloadTooLargeError");
  });

  test("is not moved by events after its end", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.race([ctx.waitForSignal("a"), ctx.run("b")]);
      return "done";
    });
    await run.signal("a");
    const { closing } = run;
    expect(await run.signal("a")).toEqual([]);
    expect(await run.complete(2, "late")).toEqual([]);
    expect(await run.cancel()).toEqual([]);
    expect(run.closing).toEqual(closing);
  });

  test("that ends with work under way names it, so that its owner can end it", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.race([slowCleanUp(), ctx.waitForSignal("a")]);
      function* slowCleanUp() {
        try {
          yield* ctx.sleep("1h");
        } finally {
          yield* ctx.all([ctx.run("b"), ctx.sleep("1m")]);
        }
      }
    });
    await run.signal("a");
    expect(run.closing?.kind).toBe("completed");
    expect([run.machine.pendingActivities, run.machine.pendingTimers]).toEqual([[3], [4]]);
  });
});

test("code that throws where its parameters are taken apart fails the run", async () => {
  const run = await startRun(function* (ctx, { order: { id } }: { order: { id: string } }) {
    yield* ctx.sleep(1);
    return id;
  });
  expect(run.decisions).toEqual(["failed"]);
  expect(run.failure.name).toBe("TypeError");
});

test.each<[string, () => unknown]>([
  ["an async function", async () => Promise.reject(new Error("nobody awaits this"))],
  ["a plain function", () => 5],
])("code that is %s fails the run and says how to write it", async (_what, code) => {
  const definition = { ...workflow({ name: "order" }).execute(noCode), run: code } as unknown as AnyWorkflow;
  const run = new RecordedRun(definition);
  await run.start();
  expect(run.failure).toMatchObject({
    name: "InvalidArgumentError",
    message: expect.stringContaining('workflow "order" is no generator function') as string,
  });
});

test("the code's log is silent while it replays", async () => {
  const run = await startRun(function* (ctx) {
    ctx.log.info("started");
    yield* ctx.waitForSignal("a");
    ctx.log.warn("signalled");
    yield* ctx.waitForSignal("b");
    ctx.log.error("signalled again");
    ctx.log.debug("done");
  });
  await run.signal("a");
  await run.rebuild();
  await run.rebuild();
  await run.signal("b");
  expect(run.lines).toEqual(["info started", "warn signalled", "error signalled again", "debug done"]);
});

test("how many events are fed before the commands are taken makes no difference", async () => {
  const code = workflow({ name: "test" }).execute(function* (ctx) {
    const results = yield* ctx.all([ctx.run("a"), ctx.waitForSignal("b")]);
    yield* ctx.sleep(1);
    return results;
  });
  const oneByOne = new RecordedRun(code);
  await oneByOne.start();
  await oneByOne.signal("b", 2);
  await oneByOne.complete("a", 1);

  const { machine } = new RecordedRun(code);
  await machine.feed({ kind: "started", at: 1, input: encodePayload(undefined) });
  await machine.feed({ kind: "signal", at: 2, name: "b", payload: encodePayload(2) });
  await machine.feed({ kind: "activity-completed", at: 3, seq: 1, attempt: 1, result: encodePayload(1) });
  expect(machine.takeCommands()).toEqual(oneByOne.commands);
  expect(machine.takeCommands()).toEqual([]);
});

function* noCode() {
  yield* [];
}
