import { decodePayload, encodePayload } from "@heddle/protocol";
import { workflow, type OffloadedValue } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { offloadedIdsIn } from "../offloaded-id.js";
import { RecordedRun } from "../testing/recorded-run.js";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

const limits = { maxOffloadedBytes: 1_000, maxRunOffloadedBytes: 2_000 };
const large = (bytes: number): string => "x".repeat(bytes);

describe.each(BOTH_WAYS)("ctx.offload, %s,", (_way, start) => {
  test("resolves at once to a small reference, and history has the reference alone", async () => {
    const run = await start(function* (ctx) {
      const reference = yield* ctx.offload(large(5_000));
      yield* ctx.sleep(1);
      return reference;
    });
    expect(run.decisions).toEqual(["value-offloaded 1", "timer-started 2"]);
    await run.fire();
    const { valueId } = run.result as OffloadedValue<string>;
    expect(decodePayload(run.offloaded.get(valueId) ?? new Uint8Array())).toBe(large(5_000));
    for (const record of run.records) expect(record.byteLength).toBeLessThan(200);
  });

  test("what a load gives back is a copy of the value, with its types", async () => {
    const value = { when: new Date(5), lines: new Map([["a", [1n]]]) };
    const run = await start(function* (ctx) {
      const loaded = yield* ctx.load(yield* ctx.offload(value));
      return [loaded, loaded === value];
    });
    expect(run.decisions).toEqual(["value-offloaded 1", "load-started 2"]);
    await run.runSteps();
    expect(run.result).toEqual([value, false]);
  });

  test("values are loaded side by side and as often as the code asks", async () => {
    const run = await start(function* (ctx) {
      const a = yield* ctx.offload("a");
      const b = yield* ctx.offload("b");
      return yield* ctx.all([ctx.load(b), ctx.load(a), ctx.load(b)]);
    });
    await run.runSteps();
    expect(run.result).toEqual(["b", "a", "b"]);
  });

  test("a load that lost a race is withdrawn, and its late outcome changes nothing", async () => {
    const run = await start(function* (ctx) {
      const reference = yield* ctx.offload("a");
      const winner = yield* ctx.race([ctx.load(reference), ctx.waitForSignal("stop")]);
      yield* ctx.sleep(1);
      return winner;
    });
    const [step] = run.machine.pendingSteps;
    if (step === undefined || !("valueId" in step)) throw new Error("the code awaits its load");
    await run.signal("stop", "stopped");
    expect(run.machine.pendingSteps).toEqual([]);
    expect(await run.feed({ kind: "load-completed", seq: step.seq, valueId: step.valueId })).toEqual([]);
    await run.fire();
    expect(run.result).toBe("stopped");
  });

  test("a value that the workflow does not have is a typed error in the code", async () => {
    const run = await start(function* (ctx) {
      try {
        return yield* ctx.load<string>({ valueId: "offloaded(other-run/1/5)" });
      } catch (error) {
        return (error as Error).name;
      }
    });
    await run.runSteps();
    expect(run.result).toBe("OffloadedValueNotFoundError");
  });

  test("a value over the limit, or all together over theirs, is refused before anything is stored", async () => {
    const run = await start(
      function* (ctx) {
        const sizes: (number | string)[] = [];
        for (const bytes of [900, 1_001, 900, 500, 100]) {
          try {
            yield* ctx.offload(large(bytes));
            sizes.push(bytes);
          } catch (error) {
            sizes.push((error as Error).name);
          }
        }
        yield* ctx.sleep(1);
        return sizes;
      },
      undefined,
      { offloadLimits: limits },
    );
    await run.fire();
    expect(run.result).toEqual([900, "PayloadTooLargeError", 900, "PayloadTooLargeError", 100]);
    expect(run.offloaded.size).toBe(3);
  });

  test("what cannot be stored is refused in the code", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.offload({ call: () => 1 });
    });
    expect(run.failure.name).toBe("PayloadNotSerializableError");
  });
});

test("code that now makes another value still gets the one that was stored", async () => {
  let made = 0;
  const run = await startRun(function* (ctx) {
    const reference = yield* ctx.offload(`value ${++made}`);
    yield* ctx.sleep(1);
    return yield* ctx.load(reference);
  });
  await run.rebuild();
  expect(run.machine.takeOffloaded()).toEqual([]);
  await run.fire();
  await run.runSteps();
  expect(made).toBe(2);
  expect(run.result).toBe("value 1");
});

test("a load without a recorded outcome is asked for again after a rebuild", async () => {
  const run = await startRun(function* (ctx) {
    return yield* ctx.load(yield* ctx.offload("a"));
  });
  await run.rebuild();
  expect(run.machine.pendingSteps).toMatchObject([{ seq: 2, name: "load" }]);
  await run.runSteps();
  expect(run.result).toBe("a");
});

test("code that loads another value than its history is told so", async () => {
  const code = (load: "first" | "second") =>
    workflow({ name: "test" }).execute(function* (ctx) {
      const references = { first: yield* ctx.offload(1), second: yield* ctx.offload(2) };
      return yield* ctx.load(references[load]);
    });
  const run = await startRun(code("first").run);
  await expect(run.rebuild(code("second"))).rejects.toThrow(
    /record 3 has load-started 3 offloaded\(run-1\/1\/1\), the code now decides load-started 3 offloaded\(run-1\/2\/1\)/,
  );
});

test("values that a run took over with its input count for its limit", async () => {
  const code = workflow({ name: "test" }).execute(function* (ctx) {
    yield* ctx.offload(large(900));
  });
  const input = encodePayload({ report: { valueId: "offloaded(run-0/1/1500)" } });
  const fresh = new RecordedRun(code, { offloadLimits: limits });
  await fresh.feed({ kind: "started", input });
  expect(fresh.closing?.kind).toBe("completed");
  const continued = new RecordedRun(code, { offloadLimits: limits });
  await continued.feed({ kind: "started", input, replaces: "run-0" });
  expect(continued.failure.name).toBe("PayloadTooLargeError");
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["a text", "offloaded(run-1/1/5)"],
  ["an object without an id", {}],
  ["an id of something else", { valueId: "report" }],
])("a load of %s throws in the code, at the call", async (_what, reference) => {
  const run = await startRun(function* (ctx) {
    yield* ctx.load(reference as OffloadedValue<unknown>);
  });
  expect(run.failure).toMatchObject({ name: "InvalidArgumentError" });
});

test("a payload tells which values it names, whatever they stand in and whatever follows them", async () => {
  const run = await startRun(function* (ctx) {
    const [a, b] = [yield* ctx.offload(1), yield* ctx.offload(2)];
    return { list: [a, 50, b, 57], map: new Map([[a, new Set([b.valueId])]]), text: "offloaded(not/one)" };
  });
  if (run.closing?.kind !== "completed") throw new Error("the run completes");
  expect(offloadedIdsIn([run.closing.result])).toEqual([...run.offloaded.keys()]);
  expect(offloadedIdsIn([new Uint8Array(), new Uint8Array([1, 2])])).toEqual([]);
});
