// `all`, `allSettled`, `map`, `race`, inline steps and timers of a workflow on a live engine.
import { setTimeout as delay } from "node:timers/promises";
import { activity, signal, workflow } from "heddle";
import { expect, test } from "vitest";
import { note } from "./support/collecting-workflows.js";
import { gatedActivity } from "./support/gated-activity.js";
import { openEngine } from "./support/open-engine.js";

const double = activity({ name: "double", execute: (value: number) => value * 2 });
const fail = activity({
  name: "fail",
  retry: { maxAttempts: 1 },
  execute: (message: string) => {
    throw new Error(message);
  },
});

test("all keeps the order of its branches, and runs many activities side by side", async () => {
  const wide = workflow({ name: "wide" }).execute(async function* (ctx) {
    return yield* ctx.all(Array.from({ length: 50 }, (_, index) => ctx.run(double, index)));
  });
  const engine = await openEngine({ workflows: [wide], activities: [double] });
  const handle = await engine.start("wide");
  expect(await handle.result()).toEqual(Array.from({ length: 50 }, (_, index) => index * 2));
});

test("all waits for every branch and then throws the first failure", async () => {
  const ended: string[] = [];
  const failing = workflow({ name: "failing" }).execute(async function* (ctx) {
    yield* ctx.all([
      ctx.run(fail, "first"),
      (async function* () {
        yield* ctx.sleep(200);
        ended.push(yield* ctx.step("late", () => "late"));
      })(),
    ]);
  });
  const engine = await openEngine({ workflows: [failing], activities: [fail] });
  await expect((await engine.start("failing")).result()).rejects.toThrow(/first/);
  expect(ended).toEqual(["late"]);
});

test("race resolves to the winner, cancels the losing activity, and a losing wait consumes nothing", async () => {
  const gated = gatedActivity();
  const racing = workflow({ name: "racing" }).execute(async function* (ctx) {
    const first = yield* ctx.race([ctx.run(gated.definition), ctx.waitForSignal(note), ctx.sleep(100)]);
    const winner = yield* ctx.race([ctx.waitForSignal(note), ctx.sleep("1h")]);
    return { first, winner };
  });
  const engine = await openEngine({ workflows: [racing], activities: [gated.definition] });
  const handle = await engine.start("racing");
  const kinds = async () => (await handle.history()).map(({ kind }) => kind);
  await expect.poll(kinds, { timeout: 5_000 }).toContain("activity-cancelled");
  await expect.poll(() => gated.contexts[0]?.signal.aborted ?? true, { timeout: 5_000 }).toBe(true);
  await handle.signal(note, 5);
  expect(await handle.result()).toEqual({ first: undefined, winner: 5 });
});

test("inline steps run once each, their errors are thrown in the code, and a function is a step of its name", async () => {
  let runs = 0;
  const stepping = workflow({ name: "stepping" }).execute(async function* (ctx, input: number) {
    const one = yield* ctx.step("one", () => ++runs);
    const two = yield* ctx.run(function plus(value: number) {
      return value + one;
    }, input);
    let message = "";
    try {
      yield* ctx.step("broken", () => Promise.reject(new RangeError("out of range")));
    } catch (error) {
      message = String(error);
    }
    const many = yield* ctx.all(
      Array.from({ length: 20 }, (_, index) => ctx.step(`s${index}`, async () => index)),
    );
    return { one, two, message, many: many.length };
  });
  const engine = await openEngine({ workflows: [stepping] });
  const handle = await engine.start("stepping", 10);
  expect(await handle.result()).toEqual({ one: 1, two: 11, message: "RangeError: out of range", many: 20 });
  expect(runs).toBe(1);
  const steps = (await handle.history()).filter(({ kind }) => kind === "step-started");
  expect(steps.map(({ name }) => name).slice(0, 3)).toEqual(["one", "plus", "broken"]);
});

test("many timers of many runs all fire, none early", async () => {
  const sleeping = workflow({ name: "sleeping" }).execute(async function* (ctx, lengths: number[]) {
    const startedAtMs = ctx.now();
    return yield* ctx.all(
      lengths.map((ms) =>
        (function* () {
          yield* ctx.sleep(ms);
          return ctx.now() - startedAtMs - ms;
        })(),
      ),
    );
  });
  const engine = await openEngine({ workflows: [sleeping] });
  const lengths = Array.from({ length: 50 }, (_, index) => (index * 37) % 400);
  const handles = await Promise.all(Array.from({ length: 40 }, () => engine.start("sleeping", lengths)));
  const lateMs = (await Promise.all(handles.map((handle) => handle.result()))).flat();
  expect(lateMs).toHaveLength(2_000);
  expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
});

test("sleepUntil a moment that has passed goes on at once", async () => {
  const past = workflow({ name: "past" }).execute(async function* (ctx) {
    yield* ctx.sleepUntil(new Date(0));
    yield* ctx.sleepUntil(ctx.now() + 50);
    return ctx.now() - ctx.startedAtMs;
  });
  const engine = await openEngine({ workflows: [past] });
  const tookMs = await (await engine.start("past")).result();
  expect(tookMs).toBeGreaterThanOrEqual(50);
});

test("now, random and uuid are the same when the run is rebuilt", async () => {
  const answer = signal<string>("answer");
  const seen: string[] = [];
  const random = workflow({ name: "random" }).execute(async function* (ctx) {
    const values = [ctx.now(), ctx.random(), ctx.uuid()].join(" ");
    seen.push(values);
    yield* ctx.waitForSignal(answer);
    return values;
  });
  const engine = await openEngine({ workflows: [random] });
  const handle = await engine.start("random");
  await expect.poll(() => seen.length).toBe(1);
  await handle.suspend();
  await handle.resume();
  await handle.signal(answer, "go");
  expect(await handle.result()).toBe(seen[0]);
  expect(seen.length).toBeGreaterThan(1);
  expect(new Set(seen).size).toBe(1);
});

test("allSettled and map with a limit and a policy, over activities that fail and are retried", async () => {
  let running = 0;
  let most = 0;
  const work = activity({
    name: "work",
    retry: { maxAttempts: 2, initialBackoff: 1 },
    execute: async (item: number, context) => {
      most = Math.max(most, ++running);
      await delay(5);
      running--;
      if (item % 5 === 0 && context.attempt === 1) throw new Error("once");
      if (item === 7) throw new Error("always");
      return item * 2;
    },
  });
  const mapping = workflow({ name: "mapping" }).execute(async function* (ctx, items: number[]) {
    const outcomes = yield* ctx.map(items, (item) => ctx.run(work, item), {
      concurrency: 4,
      toleratedFailures: 1,
    });
    const two = yield* ctx.allSettled([ctx.run(work, 7), ctx.run(work, 10)]);
    return [...outcomes, ...two].map((outcome) =>
      outcome.status === "fulfilled" ? outcome.value : (outcome.reason as Error).name,
    );
  });
  const engine = await openEngine({ workflows: [mapping], activities: [work] });
  const items = Array.from({ length: 20 }, (_, index) => index);
  const failed = "ActivityFailedError";
  expect(await engine.execute("mapping", items)).toEqual([
    ...items.map((item) => (item === 7 ? failed : item * 2)),
    ...[failed, 20],
  ]);
  expect(most).toBeLessThanOrEqual(4);
});

test("a map of two thousand items ends", async () => {
  const wide = workflow({ name: "wide" }).execute(async function* (ctx, count: number) {
    const items = Array.from({ length: count }, (_, index) => index);
    const values = yield* ctx.map(items, (item) => ctx.run(double, item), { concurrency: 100 });
    return values.reduce((sum, value) => sum + value, 0);
  });
  const engine = await openEngine({
    workflows: [wide],
    activities: [double],
    coordinator: { cachedRuns: 1 },
  });
  expect(await engine.execute("wide", 2_000)).toBe(2_000 * 1_999);
});
