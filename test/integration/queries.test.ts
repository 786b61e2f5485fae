// What a query promises: an answer from the state after everything that was accepted before, whoever owns the run.
import { randomNamespace } from "@heddle/testkit";
import {
  query,
  QueryFailedError,
  QueryNotFoundError,
  QueryUnavailableError,
  workflow,
  WorkflowNotFoundError,
} from "heddle";
import { expect, test } from "vitest";
import { note } from "./support/collecting-workflows.js";
import { openEngine } from "./support/open-engine.js";

const sum = query<number>("sum");
const above = query<{ limit: number }, number[]>("above");
const broken = query("broken");

const summing = workflow({ name: "summing" }).execute(async function* (ctx) {
  const seen: number[] = [];
  ctx.onQuery(sum, () => seen.reduce((left, right) => left + right, 0));
  ctx.onQuery(above, async ({ limit }) => Promise.resolve(seen.filter((value) => value > limit)));
  ctx.onQuery(broken, () => {
    throw new RangeError("no such line");
  });
  for (;;) {
    const value = yield* ctx.waitForSignal(note);
    if (value < 0) return seen;
    seen.push(value);
  }
});

test("a query after an acknowledged signal sees it, from any client, every time", async () => {
  const namespace = randomNamespace("queries");
  await openEngine({ namespace, workflows: [summing] });
  await openEngine({ namespace, workflows: [summing] });
  const client = await openEngine({ namespace, roles: ["client"] });
  const runs = await Promise.all(Array.from({ length: 8 }, () => client.start("summing")));
  await Promise.all(
    runs.map(async (handle) => {
      for (let round = 1; round <= 25; round++) {
        await handle.signal(note, 1);
        expect(await handle.query(sum)).toBe(round);
      }
    }),
  );
});

test("a query takes an input, and its handler may be async", async () => {
  const engine = await openEngine({ workflows: [summing] });
  const handle = await engine.start("summing");
  for (const value of [1, 5, 9]) await handle.signal(note, value);
  expect(await engine.query(handle.id, above, { limit: 4 })).toEqual([5, 9]);
});

test("a query right after a restart is answered by the new owner", async () => {
  const namespace = randomNamespace("queries");
  const client = await openEngine({ namespace, roles: ["client"] });
  const first = await openEngine({ namespace, workflows: [summing] });
  const handle = await client.start("summing");
  await handle.signal(note, 7);
  expect(await handle.query(sum)).toBe(7);
  await first.shutdown();
  const opening = openEngine({ namespace, workflows: [summing] });
  expect(await handle.query(sum)).toBe(7);
  await opening;
});

test("without an owner a query is unavailable after its deadline", async () => {
  const namespace = randomNamespace("queries");
  const client = await openEngine({ namespace, roles: ["client"] });
  const handle = await client.start("summing");
  const startedAtMs = performance.now();
  await expect(handle.query(sum, undefined, { timeoutMs: 200 })).rejects.toThrow(QueryUnavailableError);
  expect(performance.now() - startedAtMs).toBeLessThan(2_000);
});

test("strict names the reason: no such query with those that exist, or a run that is not running", async () => {
  const engine = await openEngine({ workflows: [summing] });
  const handle = await engine.start("summing");
  const strict = { strict: true };
  const missing = handle.query("colour", undefined, strict);
  await expect(missing).rejects.toThrow(QueryNotFoundError);
  await expect(missing).rejects.toThrow(/above, broken, sum/);
  await handle.signal(note, -1);
  await handle.result();
  expect(await handle.query(sum)).toBeUndefined();
  await expect(handle.query(sum, undefined, strict)).rejects.toMatchObject({ code: "WORKFLOW_NOT_RUNNING" });
  await expect(engine.query("nobody", sum)).rejects.toThrow(WorkflowNotFoundError);
});

test("a handler that throws fails the query and not the run", async () => {
  const engine = await openEngine({ workflows: [summing] });
  const handle = await engine.start("summing");
  const failing = handle.query(broken);
  await expect(failing).rejects.toThrow(QueryFailedError);
  await expect(failing).rejects.toThrow(/RangeError: no such line/);
  expect(await handle.query(sum)).toBe(0);
});

test("a handler that changes state moves nothing: history stays as it was", async () => {
  const bump = query<number>("bump");
  const naughty = workflow({ name: "naughty" }).execute(async function* (ctx) {
    let count = 0;
    ctx.onQuery(bump, () => ++count);
    yield* ctx.waitForSignal(note);
    return "done";
  });
  const engine = await openEngine({ workflows: [naughty] });
  const handle = await engine.start("naughty");
  await handle.query(bump);
  const before = await handle.history();
  await handle.query(bump);
  expect(await handle.history()).toEqual(before);
});
