// Values outside of the history: loaded from memory or from Redis, along a chain of runs, through a codec, and removed.
import { randomBytes } from "node:crypto";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { compression, encryption, chainCodecs, signal, workflow, type OffloadedValue } from "heddle";
import { expect, test } from "vitest";
import { openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";

const go = signal("go");
const LINES = 50_000;

const linesOf = (name: string): string[] => Array.from({ length: LINES }, (_, line) => `${name} ${line}`);

/** Keeps two large values over waits, and returns what little it needs of them. */
const reporting = workflow({ name: "reporting" }).execute(async function* (ctx, name: string) {
  const lines = yield* ctx.offload(linesOf(name));
  const unused = yield* ctx.offload(linesOf("unused"));
  yield* ctx.waitForSignal(go);
  const first = yield* ctx.load(lines);
  yield* ctx.waitForSignal(go);
  const again = yield* ctx.load(lines);
  return { first: first.at(-1), again: again.at(-1), unused };
});

test("an engine that keeps nothing in memory reads them from Redis, whenever it rebuilds a run", async () => {
  const engine = await openEngine({
    ...{ partitions: 1, workflows: [reporting] },
    coordinator: { cachedRuns: 0, cachedOffloadedBytes: 0 },
  });
  const names = Array.from({ length: 5 }, (_, index) => `report-${index}`);
  const handles = await Promise.all(names.map((name) => engine.start("reporting", name)));
  for (const loads of [1, 2]) {
    await Promise.all(handles.map((handle) => handle.signal(go)));
    for (const handle of handles) {
      await waitFor(
        async () => (await handle.history()).filter(({ kind }) => kind === "load-completed").length === loads,
        { description: `the run has loaded its lines ${loads} times` },
      );
    }
  }
  const results = await Promise.all(handles.map((handle) => handle.result()));
  expect(results).toMatchObject(
    names.map((name) => ({ first: `${name} ${LINES - 1}`, again: `${name} ${LINES - 1}` })),
  );
  for (const handle of handles) {
    const history = await handle.history();
    expect(JSON.stringify(history).length).toBeLessThan(10_000);
  }
});

/** Hands one value on from run to run and leaves another behind. */
const passingOn = workflow({ name: "passing-on" }).execute(async function* (
  ctx,
  input: { round: number; kept?: OffloadedValue<string[]>; left?: string },
) {
  if (input.kept === undefined) {
    const kept = yield* ctx.offload(linesOf("kept"));
    const left = yield* ctx.offload(linesOf("left"));
    // Parts of an id name nothing.
    return yield* ctx.continueAsNew({ round: 1, kept, left: left.valueId.slice("offloaded".length) });
  }
  if (input.round < 3) yield* ctx.continueAsNew({ ...input, round: input.round + 1 });
  const lines = yield* ctx.load(input.kept);
  try {
    yield* ctx.load({ valueId: `offloaded${input.left ?? ""}` });
  } catch (error) {
    return { last: lines.at(-1), error: (error as Error).name };
  }
  return "the value is still there";
});

test("what the input of the next run names goes with it, the rest is removed", async () => {
  const namespace = randomNamespace("large");
  const engine = await openEngine({ namespace, workflows: [passingOn] });
  const handle = await engine.start("passing-on", { round: 0 }, { id: "chain" });
  expect(await handle.result()).toEqual({
    last: `kept ${LINES - 1}`,
    error: "OffloadedValueNotFoundError",
  });
  const redis = openRedis();
  const [key = ""] = await redis.keys(`{heddle:${namespace}:*}:o:chain`);
  expect(await redis.hlen(key)).toBe(1);
});

test("a payload codec encodes them, and without its key the run is held, not failed", async () => {
  const namespace = randomNamespace("large");
  const codec = chainCodecs(compression(), encryption({ keys: { a: randomBytes(32) }, encryptWith: "a" }));
  const loading = workflow({ name: "loading" }).execute(async function* (ctx) {
    const value = yield* ctx.offload("a secret ".repeat(1_000));
    yield* ctx.waitForSignal(go);
    return (yield* ctx.load(value)).slice(0, 8);
  });
  const options = { namespace, partitions: 1, workflows: [loading] };
  const engine = await openEngine({ ...options, codec });
  await engine.start("loading", undefined, { id: "sealed" });
  const redis = openRedis();
  const key = `{heddle:${namespace}:0}:o:sealed`;
  await waitFor(async () => (await redis.hlen(key)) === 1, { description: "the value is stored" });
  const [stored] = await redis.hvals(key);
  expect(stored).not.toContain("secret");
  expect(stored?.length).toBeLessThan(1_000);
  await engine.shutdown();

  const keyless = await openEngine(options);
  await keyless.getHandle("sealed").signal(go);
  await waitFor(async () => (await keyless.getHandle("sealed").describe()).heldReason, {
    description: "the run is held",
  });
  await keyless.shutdown();

  const resumed = await openEngine({ ...options, codec });
  expect(await resumed.getHandle("sealed").result()).toBe("a secret");
});

test("a run may take no more than its limit, and says so in the code before anything is stored", async () => {
  const namespace = randomNamespace("large");
  const greedy = workflow({ name: "greedy" }).execute(async function* (ctx) {
    yield* ctx.offload("x".repeat(600));
    yield* ctx.offload("y".repeat(600));
  });
  const engine = await openEngine({
    ...{ namespace, workflows: [greedy] },
    coordinator: { maxOffloadedBytes: 700, maxRunOffloadedBytes: 1_000 },
  });
  const handle = await engine.start("greedy", undefined, { id: "greedy" });
  await expect(handle.result()).rejects.toMatchObject({
    cause: { name: "PayloadTooLargeError", message: expect.stringContaining("in all") as string },
  });
});
