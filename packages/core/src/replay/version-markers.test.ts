import { NondeterminismError } from "@heddle/protocol";
import { workflow, type WorkflowContext } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { BOTH_WAYS, startRun, type Code } from "./testing/start-run.js";

const definition = (code: Code<undefined>) => workflow({ name: "test" }).execute(code);

/** Waits for "go", then takes a branch by `choose`. */
const choosing = (choose: (ctx: WorkflowContext) => unknown): Code<undefined> =>
  function* (ctx) {
    yield* ctx.waitForSignal("go");
    const choice = choose(ctx);
    yield* ctx.waitForSignal("end");
    return [choice, choose(ctx)];
  };

describe.each(BOTH_WAYS)("a run, %s,", (_way, start) => {
  test("that asks for the first time gets the newest version, and the same answer ever after", async () => {
    const run = await start(choosing((ctx) => [ctx.getVersion("fees", 1, 3), ctx.patched("rounding")]));
    expect(await run.signal("go")).toEqual(["version-marked", "version-marked", "signal-awaited 2 end"]);
    expect(run.commands).toContainEqual({ kind: "version-marked", id: "fees", version: 3 });
    expect(run.commands).toContainEqual({ kind: "version-marked", id: "rounding", version: 1 });
    await run.signal("end");
    expect(run.result).toEqual([
      [3, true],
      [3, true],
    ]);
  });

  test("whose history went past a change gets the oldest version, without a record, for ever", async () => {
    const run = await start(choosing(() => "before"));
    await run.signal("go");
    await run.rebuild(definition(choosing((ctx) => [ctx.getVersion("fees", 1, 3), ctx.patched("rounding")])));
    await run.machine.feed({ kind: "signal", at: 1, name: "end", payload: new Uint8Array([0xc0]) });
    expect(run.machine.takeCommands().map(({ kind }) => kind)).toEqual(["completed"]);
    expect(run.result).toEqual([
      [1, false],
      [1, false],
    ]);
  });

  test("keeps its version while the newest moves on", async () => {
    const run = await start(choosing((ctx) => ctx.getVersion("fees", 0, 1)));
    await run.signal("go");
    const newer = definition(choosing((ctx) => ctx.getVersion("fees", 0, 2)));
    await run.rebuild(newer);
    await run.machine.feed({ kind: "signal", at: 1, name: "end", payload: new Uint8Array([0xc0]) });
    expect(run.result).toEqual([1, 1]);
  });
});

test("the question may be dropped, or asked earlier, when what the code decides stays the same", async () => {
  const run = await startRun(choosing((ctx) => ctx.patched("fees")));
  await run.signal("go");
  await run.rebuild(definition(choosing(() => true)));
  expect(run.machine.closed).toBeUndefined();
  await run.rebuild(
    definition(function* (ctx) {
      const choice = ctx.patched("fees");
      yield* ctx.waitForSignal("go");
      yield* ctx.waitForSignal("end");
      return choice;
    }),
  );
  await run.machine.feed({ kind: "signal", at: 1, name: "end", payload: new Uint8Array([0xc0]) });
  expect(run.result).toBe(true);
});

test("code that does not support the run's version is told so by replay, even if it catches the error", async () => {
  const run = await startRun(choosing((ctx) => ctx.getVersion("fees", 0, 1)));
  await run.signal("go");
  const tooNew = choosing((ctx) => {
    try {
      return ctx.getVersion("fees", 2, 3);
    } catch {
      return 1;
    }
  });
  const rebuilding = run.rebuild(definition(tooNew));
  await expect(rebuilding).rejects.toThrow(NondeterminismError);
  await expect(rebuilding).rejects.toMatchObject({
    message: expect.stringContaining('version 1 of change "fees", the code supports 2 to 3') as string,
    details: { change: "fees", recorded: "1", decided: "2 to 3" },
  });
});

test("two ranges of one change that exclude each other block the run where the second is asked", async () => {
  const run = await startRun(function* (ctx) {
    ctx.getVersion("fees", 0, 1);
    yield* ctx.waitForSignal("go");
    ctx.getVersion("fees", 2, 3);
  });
  await expect(run.signal("go")).rejects.toThrow(NondeterminismError);
});

test.each<[string, unknown[]]>([
  ["an empty id", ["", 0, 1]],
  ["no numbers", ["fees"]],
  ["fractions", ["fees", 0, 1.5]],
  ["the greater first", ["fees", 2, 1]],
])("%s throws in the code, at the call", async (_what, args) => {
  const run = await startRun(function* (ctx) {
    ctx.getVersion(...(args as [string, number, number]));
    yield* ctx.sleep(1);
  });
  expect(run.failure.name).toBe("InvalidArgumentError");
  expect(run.decisions).toEqual(["failed"]);
});
