// What startAfter and startAt promise: accepted now, run then, and nothing that comes in between is lost.
import { randomNamespace, waitFor } from "@heddle/testkit";
import {
  CancelledError,
  InvalidArgumentError,
  query,
  QueryUnavailableError,
  workflow,
  WorkflowTerminatedError,
  WorkflowTimedOutError,
} from "heddle";
import { expect, test } from "vitest";
import { collectNotes, note } from "./support/collecting-workflows.js";
import { contentOf, openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";

const clock = workflow({ name: "clock" }).execute(async function* (ctx) {
  const nowMs = ctx.now();
  const seen = yield* ctx.step("look", () => Date.now());
  return { startedAtMs: ctx.startedAtMs, nowMs, seen };
});

test("the code begins at the start time, not earlier, and takes that for its start", async () => {
  const engine = await openEngine({ workflows: [clock] });
  const handle = await engine.start("clock", undefined, { startAfter: "400ms", runTimeout: "1h" });
  const { status, createdAtMs, startAtMs = 0, runDeadlineMs } = await handle.describe();
  expect({ status, startAtMs, runDeadlineMs }).toEqual({
    ...{ status: "pending", startAtMs: createdAtMs + 400, runDeadlineMs: createdAtMs + 400 + 3_600_000 },
  });
  expect((await engine.list({ status: "pending" })).items).toMatchObject([{ startAt: new Date(startAtMs) }]);
  const { seen, ...times } = await handle.result();
  expect(times).toEqual({ startedAtMs: startAtMs, nowMs: startAtMs });
  expect(seen).toBeGreaterThanOrEqual(startAtMs);
  expect(await handle.describe()).toMatchObject({ status: "completed", startAtMs });
});

test("a start time that has passed means at once", async () => {
  const engine = await openEngine({ workflows: [clock] });
  const handle = await engine.start("clock", undefined, { startAt: new Date(Date.now() - 60_000) });
  await handle.result();
  expect((await handle.describe()).startAtMs).toBeUndefined();
});

test("signals that came early are seen in order; they and a query do not wake the code", async () => {
  const engine = await openEngine({ workflows: [collectNotes] });
  const startAt = Date.now() + 800;
  const handle = await engine.start("collect-notes", { count: 3 }, { id: "later", startAt });
  await handle.signal(note, 1);
  const signal = { name: note.name, payload: 2, signalId: "second" };
  const found = await engine.startOrSignal("collect-notes", { count: 9 }, signal, { id: "later" });
  expect([found.outcome, found.runId]).toEqual(["signalled", handle.runId]);
  await waitFor(async () => (await handle.history()).filter(({ held }) => held).length === 3, {
    description: "start and signals are kept in history",
  });
  await expect(handle.query(query("any"))).rejects.toThrow(QueryUnavailableError);
  await expect(handle.query(query("any"))).rejects.toThrow(/waits for its start at 2/);
  expect(await handle.describe()).toMatchObject({ status: "pending", processed: 0 });
  await handle.signal(note, 3);
  expect(await handle.result()).toEqual([1, 2, 3]);
  const taken = (await handle.history()).find(({ kind }) => kind === "taken");
  expect(taken?.["at"]).toBeGreaterThanOrEqual(startAt);
});

test("a cancellation before the start is what the code meets first", async () => {
  let worked = false;
  const careful = workflow({ name: "careful" }).execute(async function* (ctx) {
    try {
      yield* ctx.step("work", () => (worked = true));
    } catch (error) {
      return error instanceof CancelledError ? "cancelled before any work" : "failed";
    }
    return "worked";
  });
  const engine = await openEngine({ workflows: [careful] });
  const handle = await engine.start("careful", undefined, { startAfter: "400ms" });
  await handle.cancel();
  await handle.cancel();
  expect((await handle.describe()).status).toBe("pending");
  expect(await handle.result()).toBe("cancelled before any work");
  expect(worked).toBe(false);
});

test("a run that waits can be terminated, replaced, suspended and resumed; its code does not run before its time", async () => {
  const began: string[] = [];
  const eager = workflow({ name: "eager" }).execute(async function* (ctx) {
    yield* ctx.step("begin", () => began.push(ctx.workflowId));
  });
  const engine = await openEngine({ workflows: [eager] });
  const terminated = await engine.start("eager", undefined, { id: "terminated", startAfter: "100ms" });
  await terminated.terminate();
  await expect(terminated.result()).rejects.toThrow(WorkflowTerminatedError);
  await engine.start("eager", undefined, { id: "replaced", startAfter: "1h" });
  const successor = await engine.start("eager", undefined, {
    ...{ id: "replaced", startAfter: "300ms", idConflict: "terminate-existing" },
  });
  const suspended = await engine.start("eager", undefined, { id: "suspended", startAfter: "100ms" });
  await suspended.suspend();
  await successor.suspend();
  await successor.resume();
  await successor.result();
  // Due long before, by the same clock; only its suspension holds it.
  expect(began).toEqual(["replaced"]);
  await suspended.resume();
  await suspended.result();
  expect(began).toEqual(["replaced", "suspended"]);
});

test("a start that came due while nobody owned its partition begins with the next owner", async () => {
  const namespace = randomNamespace("delayed");
  const client = await openEngine({ namespace, roles: ["client"], partitions: 1 });
  const due = await client.start("collect-notes", { count: 1 }, { startAfter: 1 });
  const waiting = await client.start("collect-notes", { count: 1 }, { startAfter: "1h", runTimeout: "1h" });
  for (const handle of [due, waiting]) await handle.signal(note, 7);
  await openEngine({ namespace, workflows: [collectNotes] });
  expect(await due.result()).toEqual([7]);
  expect((await waiting.describe()).status).toBe("pending");
});

test("a deadline closes a run that was suspended over its start", async () => {
  const engine = await openEngine({ workflows: [collectNotes] });
  const options = { startAfter: 100, runTimeout: 200 };
  const handle = await engine.start("collect-notes", { count: 1 }, options);
  await handle.suspend();
  await expect(handle.result()).rejects.toThrow(WorkflowTimedOutError);
});

test("bad times are refused by name, and nothing is written", async () => {
  const namespace = randomNamespace("delayed");
  const engine = await openEngine({ namespace, roles: ["client"] });
  const redis = openRedis();
  const before = await contentOf(redis, namespace);
  for (const options of [
    { startAfter: "soon" },
    { startAfter: "1h", startAt: 5 },
    { startAt: new Date(Number.NaN) },
    { runTimeout: 0 },
    { executionTimeout: -1 },
  ]) {
    await expect(engine.start("clock", undefined, options)).rejects.toThrow(InvalidArgumentError);
  }
  const signal = { name: "note", signalId: "one" };
  const delayed = engine.startOrSignal("clock", undefined, signal, { startAfter: "1h" } as object);
  await expect(delayed).rejects.toThrow(/startOrSignal has no option "startAfter"/);
  expect(await contentOf(redis, namespace)).toEqual(before);
});
