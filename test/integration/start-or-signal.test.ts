// What `startOrSignal` promises: one script, one of four outcomes, and callers that share a name converge.
import { fileURLToPath } from "node:url";
import { randomNamespace, spawnProcess } from "@heddle/testkit";
import {
  InvalidArgumentError,
  PayloadTooLargeError,
  StartOrSignalConflictError,
  workflow,
  WorkflowTypeNotRegisteredError,
  type StartOrSignalOptions,
} from "heddle";
import { expect, inject, onTestFinished, test } from "vitest";
import { collectNotes, note } from "./support/collecting-workflows.js";
import { contentOf, keysOf, openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";

const burst = fileURLToPath(new URL("support/start-or-signal-burst.ts", import.meta.url));

interface Sent {
  readonly id: string;
  readonly runId: string;
  readonly outcome: string;
}

test("200 concurrent calls with one key from four processes are one run, one signal and one start", async () => {
  const namespace = randomNamespace("start-or-signal");
  const engine = await openEngine({ namespace, workflows: [collectNotes] });
  const env = {
    REDIS_URL: inject("redisUrl"),
    BURST_NAMESPACE: namespace,
    BURST_BARRIER: `${namespace}-barrier`,
    BURST_CALLERS: "50",
  };
  const processes = await Promise.all(
    Array.from({ length: 4 }, (_, index) =>
      spawnProcess({ name: `burst-${index}`, entry: burst, env, readyWhen: /at the barrier/ }),
    ),
  );
  onTestFinished(async () => {
    await Promise.all(processes.map((child) => child.kill()));
  });
  const redis = openRedis();
  await redis.xadd(env.BURST_BARRIER, "*", "go", "1");
  const lines = await Promise.all(processes.map((child) => child.waitForLine(/^sent /)));
  await redis.del(env.BURST_BARRIER);
  const sent = lines.flatMap((line) => JSON.parse(line.slice("sent ".length)) as Sent[]);
  expect(sent).toHaveLength(200);
  expect(new Set(sent.map(({ id, runId }) => `${id} ${runId}`)).size).toBe(1);
  expect(sent.filter(({ outcome }) => outcome === "started")).toHaveLength(1);
  expect(sent.filter(({ outcome }) => outcome === "duplicate")).toHaveLength(199);
  expect(await engine.count()).toBe(1);
  const handle = engine.getHandle(sent[0]?.id ?? "");
  expect(await handle.result()).toHaveLength(1);
  const history = await handle.history();
  expect(history.filter(({ kind }) => kind === "signal")).toHaveLength(1);
});

test("concurrent calls that share id and signalId converge; those that share the id alone all deliver", async () => {
  const engine = await openEngine({ workflows: [collectNotes] });
  const call = (index: number, signalId: string) =>
    engine.startOrSignal(
      "collect-notes",
      { count: 1 + 20 },
      { name: "note", payload: index, signalId },
      { id: "shared" },
    );
  const same = await Promise.all(Array.from({ length: 40 }, (_, index) => call(index, "same")));
  expect(same.filter(({ outcome }) => outcome === "started")).toHaveLength(1);
  expect(same.filter(({ outcome }) => outcome === "duplicate")).toHaveLength(39);
  const own = await Promise.all(Array.from({ length: 20 }, (_, index) => call(index, `own-${index}`)));
  expect(own.every(({ outcome }) => outcome === "signalled")).toBe(true);
  const [handle] = same;
  expect((await handle?.result())?.length).toBe(21);
  expect(await engine.count()).toBe(1);
});

test("a bare signalId makes a workflow per caller", async () => {
  const engine = await openEngine({ workflows: [collectNotes] });
  const handles = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      engine.startOrSignal("collect-notes", { count: 1 }, { name: "note", payload: index, signalId: "same" }),
    ),
  );
  expect(new Set(handles.map(({ id }) => id)).size).toBe(10);
  expect(handles.every(({ outcome }) => outcome === "started")).toBe(true);
  expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(
    Array.from({ length: 10 }, (_, index) => [index]),
  );
});

test("an open target takes the signal and keeps its type and input, also pending and suspended", async () => {
  const namespace = randomNamespace("start-or-signal");
  const client = await openEngine({ namespace, roles: ["client"] });
  const first = await client.start("collect-notes", { count: 3 }, { id: "open" });
  const deliver = (payload: number) =>
    client.startOrSignal(
      "another-type",
      { count: 99 },
      { name: "note", payload, signalId: `note-${payload}` },
      { id: "open" },
    );
  const whilePending = await deliver(1);
  expect(whilePending).toMatchObject({ id: "open", runId: first.runId, outcome: "signalled" });
  expect(whilePending.handle).toBe(whilePending);
  await client.suspend("open");
  expect((await deliver(2)).outcome).toBe("signalled");
  await client.resume("open");
  await openEngine({ namespace, workflows: [collectNotes] });
  expect((await deliver(2)).outcome).toBe("duplicate");
  expect((await deliver(3)).outcome).toBe("signalled");
  expect(await first.result()).toEqual([1, 2, 3]);
  expect((await first.describe()).type).toBe("collect-notes");
});

test("the first signal is the first event after the start", async () => {
  const engine = await openEngine({ workflows: [collectNotes] });
  const handle = await engine.startOrSignal(
    "collect-notes",
    { count: 1 },
    { name: "note", payload: 4, signalId: "s" },
    { id: "first" },
  );
  expect(await handle.result()).toEqual([4]);
  const decisions = ["signal-awaited", "completed"];
  const events = (await handle.history()).filter(({ kind }) => !decisions.includes(kind));
  expect(events.map(({ kind }) => kind)).toEqual(["started", "signal"]);
});

test("a key stays with its closed workflow: a new delivery is a conflict, its start finds the result", async () => {
  const engine = await openEngine({ workflows: [collectNotes] });
  const options = { idempotencyKey: "order 1" };
  const started = await engine.start("collect-notes", { count: 0 }, options);
  await started.result();
  const call = engine.startOrSignal("collect-notes", { count: 1 }, { name: "note", payload: 1 }, options);
  await expect(call).rejects.toThrow(StartOrSignalConflictError);
  expect((await engine.start("collect-notes", { count: 0 }, options)).runId).toBe(started.runId);
});

test("every call that could not converge is refused before anything is written", async () => {
  const namespace = randomNamespace("start-or-signal");
  const client = await openEngine({ namespace, roles: ["client"], maxPayloadBytes: 1_000 });
  await client.start("collect-notes", { count: 1 }, { id: "other" });
  const redis = openRedis();
  const before = await contentOf(redis, namespace);
  const refused = async (
    signal: { name: string; payload?: unknown; signalId?: string },
    options: StartOrSignalOptions,
    field?: string,
  ) => {
    const call = client.startOrSignal("collect-notes", {}, signal, options);
    const error: unknown = await call.then(
      () => "accepted",
      (thrown: unknown) => thrown,
    );
    expect(error, JSON.stringify({ signal, options })).toBeInstanceOf(InvalidArgumentError);
    if (field !== undefined) expect(error).toMatchObject({ details: { field } });
  };
  const withId = { name: "note", signalId: "s" };
  await refused({ name: "note" }, { id: "w" }, "signalId");
  await refused({ name: "note" }, {}, "signalId");
  await refused(withId, { idempotencyKey: "k" }, "signalId");
  await refused({ name: "note" }, { id: "w", idempotencyKey: "k" }, "idempotencyKey");
  await refused(withId, { id: "w", idempotencyKey: "k" });
  const startNew = { onTerminalConflict: "start-new" } as const;
  await refused({ name: "note" }, { ...startNew, idempotencyKey: "k" }, "onTerminalConflict");
  await refused(withId, startNew, "onTerminalConflict");
  await refused({ name: "note" }, { ...startNew, id: "w" });
  await refused({ name: "note", signalId: "" }, { id: "w" });
  await refused({ name: "note", signalId: "s".repeat(129) }, { id: "w" });
  await refused({ name: "", signalId: "s" }, { id: "w" });
  await refused(withId, { id: "" });
  await refused(withId, { id: "w".repeat(256) });
  await refused({ name: "note" }, { idempotencyKey: "" });
  await refused({ name: "note" }, { idempotencyKey: "k".repeat(118) });
  await refused(withId, { onTerminalConflict: "replace" as "reject" });
  await refused(withId, { id: "w", idConflict: "fail" } as StartOrSignalOptions);
  const tooLarge = { name: "note", payload: "x".repeat(1_001), signalId: "s" };
  await expect(client.startOrSignal("collect-notes", {}, tooLarge, { id: "w" })).rejects.toThrow(
    PayloadTooLargeError,
  );
  expect(await contentOf(redis, namespace)).toEqual(before);
});

test("an engine that runs workflows refuses a type it does not have, and writes nothing", async () => {
  const namespace = randomNamespace("start-or-signal");
  const engine = await openEngine({ namespace, workflows: [collectNotes] });
  const redis = openRedis();
  const before = await keysOf(redis, namespace);
  const signal = { name: "note", signalId: "s" };
  await expect(engine.startOrSignal("collect-note", {}, signal, { id: "w" })).rejects.toThrow(
    WorkflowTypeNotRegisteredError,
  );
  await expect(engine.start("collect-note", {})).rejects.toThrow(/collect-notes/);
  expect(await keysOf(redis, namespace)).toEqual(before);
});

/** Takes notes until it gets -1: then it ends, whatever else is on its way. */
const untilTold = workflow({ name: "until-told" }).execute(async function* (ctx) {
  let taken = 0;
  while ((yield* ctx.waitForSignal(note)) !== -1) taken += 1;
  return taken;
});

test("every signal acknowledged while a run closes is in that run's history, once, and the others were refused", async () => {
  const namespace = randomNamespace("start-or-signal");
  const engine = await openEngine({ namespace, workflows: [untilTold] });
  const client = await openEngine({ namespace, roles: ["client"] });
  let refusals = 0;
  let behindTheEnd = 0;
  for (let round = 0; round < 40; round++) {
    const handle = await engine.start("until-told", undefined, { id: `closing-${round}` });
    const acknowledged: number[] = [];
    const send = async (payload: number) => {
      try {
        await client.signal(handle.id, note, payload);
        acknowledged.push(payload);
      } catch (error) {
        expect(error).toMatchObject({ code: "WORKFLOW_NOT_RUNNING" });
        refusals += 1;
      }
    };
    const closing = engine.signal(handle.id, note, -1);
    // Waves, so that signals are still on their way when the run closes.
    for (let wave = 0; wave < 30; wave++) {
      await Promise.all([send(wave * 2), send(wave * 2 + 1)]);
    }
    await closing;
    const taken = await handle.result();
    const inHistory = (await handle.history())
      .filter(({ kind }) => kind === "signal")
      .map(({ payload }) => payload);
    expect([...inHistory].sort()).toEqual([...acknowledged, -1].sort());
    behindTheEnd += acknowledged.length - taken;
  }
  // Else the race did not happen.
  expect(refusals).toBeGreaterThan(0);
  expect(behindTheEnd).toBeGreaterThan(0);
});

test("a signal that races the close belongs to that run or to its successor, never to both", async () => {
  const namespace = randomNamespace("start-or-signal");
  const engine = await openEngine({ namespace, workflows: [untilTold] });
  const client = await openEngine({ namespace, roles: ["client"] });
  let succeeded = 0;
  for (let round = 0; round < 40; round++) {
    const id = `replaced-${round}`;
    const first = await engine.start("until-told", undefined, { id });
    const closing = engine.signal(id, note, -1);
    const runs = new Map<string, number[]>();
    const send = async (payload: number) => {
      const signal = { name: "note", payload, signalId: `s-${payload}` };
      const { runId } = await client.startOrSignal("until-told", undefined, signal, {
        id,
        onTerminalConflict: "start-new",
      });
      runs.set(runId ?? "", [...(runs.get(runId ?? "") ?? []), payload]);
    };
    for (let wave = 0; wave < 10; wave++) await Promise.all([send(wave * 2), send(wave * 2 + 1)]);
    await closing;
    // Repeating a delivery is acknowledged by the run that has it, and adds nothing.
    const handle = engine.getHandle(id);
    const current = await handle.describe();
    expect([...runs.keys()].every((runId) => [first.runId, current.runId].includes(runId))).toBe(true);
    const inHistory = async () =>
      (await handle.history()).filter(({ kind }) => kind === "signal").map(({ payload }) => payload);
    if (current.runId === first.runId) continue;
    succeeded += 1;
    const expected = runs.get(current.runId) ?? [];
    await expect.poll(async () => (await inHistory()).length).toBe(expected.length);
    expect([...(await inHistory())].sort()).toEqual([...expected].sort());
  }
  expect(succeeded).toBeGreaterThan(0);
});
