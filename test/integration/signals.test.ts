// What `signal` promises: accepted once, in one order, kept until the code asks.
import { randomNamespace } from "@heddle/testkit";
import {
  InvalidArgumentError,
  PayloadNotSerializableError,
  PayloadTooLargeError,
  signal,
  SignalTimedOutError,
  workflow,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
  type HistoryEntry,
} from "heddle";
import { expect, test } from "vitest";
import { collectNotes, note } from "./support/collecting-workflows.js";
import { contentOf, openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";

const payloadsOf = (history: readonly HistoryEntry[]) =>
  history.filter(({ kind }) => kind === "signal").map(({ payload }) => payload);

test("1,000 concurrent signals without ids are 1,000 deliveries in the order of acceptance", async () => {
  const namespace = randomNamespace("signals");
  const engine = await openEngine({ namespace, workflows: [collectNotes] });
  const senders = await Promise.all(
    Array.from({ length: 4 }, () => openEngine({ namespace, roles: ["client"] })),
  );
  const handle = await engine.start("collect-notes", { count: 1_000 });
  await Promise.all(
    senders.flatMap((sender, index) =>
      Array.from({ length: 250 }, (_, turn) => sender.signal(handle.id, note, index * 250 + turn)),
    ),
  );
  const delivered = await handle.result();
  expect(delivered).toEqual(payloadsOf(await handle.history()));
  expect([...delivered].sort((left, right) => left - right)).toEqual([...Array(1_000).keys()]);
  // One sender's signals were sent one after the other over one connection.
  expect(delivered.filter((value) => value < 250)).toEqual([...Array(250).keys()]);
});

test("signals of one name are taken in order, however the names were mixed", async () => {
  const names = ["a", "b", "c"];
  const byName = workflow({ name: "by-name" }).execute(async function* (ctx) {
    const seen: Record<string, unknown[]> = {};
    for (const name of ["c", "a", "b"]) {
      const values: unknown[] = (seen[name] = []);
      for (let index = 0; index < 20; index++) values.push(yield* ctx.waitForSignal(name));
    }
    return seen;
  });
  const engine = await openEngine({ workflows: [byName] });
  const handle = await engine.start("by-name");
  for (let index = 0; index < 20; index++) {
    await Promise.all(names.map((name) => handle.signal(name, index)));
  }
  const inOrder = [...Array(20).keys()];
  expect(await handle.result()).toEqual({ a: inOrder, b: inOrder, c: inOrder });
});

test("signals to a run that nobody has begun to run wait for it, in order", async () => {
  const namespace = randomNamespace("signals");
  const client = await openEngine({ namespace, roles: ["client"] });
  const handle = await client.start("collect-notes", { count: 5 });
  for (let index = 0; index < 5; index++) await client.signal(handle.id, note, index);
  expect((await handle.describe()).status).toBe("pending");
  await openEngine({ namespace, workflows: [collectNotes] });
  expect(await handle.result()).toEqual([0, 1, 2, 3, 4]);
});

test("signals that come while the code does something else wait for it", async () => {
  let letGo: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const busy = workflow({ name: "busy" }).execute(async function* (ctx) {
    yield* ctx.step("gate", () => gate);
    return [yield* ctx.waitForSignal(note), yield* ctx.waitForSignal(note)];
  });
  const engine = await openEngine({ workflows: [busy] });
  const handle = await engine.start("busy");
  await handle.signal(note, 1);
  await handle.signal(note, 2);
  letGo();
  expect(await handle.result()).toEqual([1, 2]);
});

test("a repeated signalId is accepted once per name, also from several callers at once, and the first payload wins", async () => {
  const engine = await openEngine({ workflows: [collectNotes] });
  const handle = await engine.start("collect-notes", { count: 2 });
  const first = await handle.signal(note, 1, { signalId: "one" });
  const repeated = await Promise.all(
    Array.from({ length: 20 }, (_, index) => handle.signal(note, 100 + index, { signalId: "one" })),
  );
  expect(new Set(repeated.map((reply) => JSON.stringify(reply)))).toEqual(new Set([JSON.stringify(first)]));
  await handle.signal("other", 5, { signalId: "one" });
  await handle.signal(note, 2, { signalId: "One" });
  expect(await handle.result()).toEqual([1, 2]);
});

test("a wait with a timeout fails with the signal's name and leaves no claim on later signals", async () => {
  const slow = signal<string>("slow");
  const impatient = workflow({ name: "impatient" }).execute(async function* (ctx) {
    let error: unknown;
    try {
      yield* ctx.waitForSignal(slow, { timeout: 30 });
    } catch (thrown) {
      error = thrown;
    }
    const timedOut = error instanceof SignalTimedOutError && error.message.includes("slow");
    yield* ctx.waitForSignal(note);
    return { timedOut, later: yield* ctx.waitForSignal(slow, { timeout: "1h" }) };
  });
  const engine = await openEngine({ workflows: [impatient] });
  const handle = await engine.start("impatient");
  await handle.signal(note, 0);
  const history = async () => (await handle.history()).map(({ kind }) => kind);
  await expect.poll(history, { timeout: 5_000 }).toContain("timer-fired");
  await handle.signal(slow, "first");
  expect(await handle.result()).toEqual({ timedOut: true, later: "first" });
});

test("a signal that came in time wins over the timeout, whose timer is gone", async () => {
  const patient = workflow({ name: "patient" }).execute(async function* (ctx) {
    const first = yield* ctx.waitForSignal(note, { timeout: "1h" });
    return [first, yield* ctx.waitForSignal(note)];
  });
  const namespace = randomNamespace("signals");
  const engine = await openEngine({ namespace, workflows: [patient], partitions: 1 });
  const handle = await engine.start("patient");
  await handle.signal(note, 1);
  const timers = () => openRedis().zrange(`{heddle:${namespace}:0}:timers`, 0, "-1");
  const kinds = async () => (await handle.history()).map(({ kind }) => kind);
  await expect.poll(kinds).toContain("timer-cancelled");
  expect((await timers()).filter((member) => member.startsWith("timer:"))).toEqual([]);
  await handle.signal(note, 2);
  expect(await handle.result()).toEqual([1, 2]);
});

test("a signal to an unknown or a closed workflow is refused and writes nothing", async () => {
  const namespace = randomNamespace("signals");
  const engine = await openEngine({ namespace, workflows: [collectNotes] });
  const handle = await engine.start("collect-notes", { count: 0 });
  await handle.result();
  await engine.shutdown();
  const client = await openEngine({ namespace, roles: ["client"] });
  const redis = openRedis();
  const before = await contentOf(redis, namespace);
  await expect(client.signal("nobody", note, 1)).rejects.toThrow(WorkflowNotFoundError);
  await expect(client.signal(handle.id, note, 1)).rejects.toThrow(WorkflowNotRunningError);
  await expect(client.signal(handle.id, note, 1, { signalId: "x" })).rejects.toMatchObject({
    details: { workflowId: handle.id, status: "completed" },
  });
  expect(await contentOf(redis, namespace)).toEqual(before);
});

test("bad signals are refused before anything is written", async () => {
  const namespace = randomNamespace("signals");
  const client = await openEngine({ namespace, roles: ["client"], maxPayloadBytes: 1_000 });
  const handle = await client.start("collect-notes", { count: 1 });
  const redis = openRedis();
  const before = await contentOf(redis, namespace);
  const refused = (call: Promise<unknown>, error: new (message: string) => Error) =>
    expect(call).rejects.toThrow(error);
  await refused(handle.signal("note", "x".repeat(1_001)), PayloadTooLargeError);
  await refused(
    handle.signal("note", () => undefined),
    PayloadNotSerializableError,
  );
  await refused(handle.signal("", 1), InvalidArgumentError);
  await refused(handle.signal("note", 1, { signalId: "" }), InvalidArgumentError);
  await refused(handle.signal("note", 1, { signalId: "ä".repeat(65) }), InvalidArgumentError);
  await refused(client.signal("", "note", 1), InvalidArgumentError);
  expect(await contentOf(redis, namespace)).toEqual(before);
  await handle.signal("note", 1, { signalId: "ä".repeat(64) });
});

test("payloads arrive as they were sent: dates, maps, bytes, big integers, undefined", async () => {
  const echo = workflow({ name: "echo" }).execute(async function* (ctx) {
    return yield* ctx.waitForSignal("value");
  });
  const engine = await openEngine({ workflows: [echo] });
  const values = [
    { at: new Date(5), map: new Map([["k", new Set([1])]]), bytes: new Uint8Array([1, 2]), big: 2n ** 60n },
    undefined,
    null,
    [Number.NaN, 0.5, "ü\u0000"],
  ];
  for (const value of values) {
    const handle = await engine.start("echo");
    await handle.signal("value", value);
    expect(await handle.result()).toEqual(value);
  }
});
