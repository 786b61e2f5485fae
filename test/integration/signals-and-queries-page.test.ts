// Every code sample of the page `signals-and-queries.md`, run as it is printed. The page names `engine`, `handle` and
// the like without saying where they come from: those are supplied, and nothing else.
import { readFileSync } from "node:fs";
import { waitFor } from "@heddle/testkit";
import {
  activity,
  query,
  signal,
  StartOrSignalConflictError,
  workflow,
  type Engine,
  type PaginatedResult,
  type SignalledWorkflowHandle,
  type WorkflowHandle,
  type WorkflowSummary,
} from "heddle";
import { expect, expectTypeOf, test } from "vitest";
import { openEngine } from "./support/open-engine.js";
import { compileSamples, runSample, samplesOf, withLineBreaks } from "./support/page-samples.js";

const PAGE = "signals-and-queries.md";
const samples = samplesOf(PAGE);
const [
  waitingForASignal = "",
  startAndSignal = "",
  signalThroughHandle = "",
  startOrSignal = "",
  severalSignals = "",
  listing = "",
  paginatedResult = "",
  liveQuery = "",
] = samples;

const approvalSignal = signal<{ approved: boolean }>("approval");

/** What activities the page's workflows ran, in order. */
interface Work {
  readonly engine: Engine;
  readonly done: string[];
}

async function openPageEngine(): Promise<Work> {
  const done: string[] = [];
  const named = (name: string) =>
    activity({ name, execute: (input: { orderId: string }) => void done.push(`${name} ${input.orderId}`) });
  const engine = await openEngine({ activities: [named("fulfillOrder"), named("cancelOrder")] });
  return { engine, done };
}

/** What the samples take from their surroundings. */
const around = (engine: Engine, rest: Record<string, unknown> = {}) => ({
  ...{ engine, signal, query, workflow, approvalSignal },
  ...rest,
});

async function openApproval(): Promise<Work> {
  const work = await openPageEngine();
  await runSample(waitingForASignal, around(work.engine));
  return work;
}

test("the page has eight samples, and restoring line breaks changes no code", () => {
  expect(samples).toHaveLength(8);
  const page = readFileSync(new URL(`../pages/${PAGE}`, import.meta.url), "utf8");
  const [firstBlock = ""] = page.split("```typescript partial ").slice(1);
  const code = firstBlock.slice(0, firstBlock.indexOf("```"));
  expect(withLineBreaks(code).replaceAll(/\s/g, "")).toBe(code.replaceAll(/\s/g, ""));
});

test("every sample compiles against the public package", { timeout: 120_000 }, () => {
  const wrong = `const approval: { approved: string } = await approvalOf(approvalSignal);`;
  const problems = compileSamples(
    [...samples, wrong],
    `import { query, signal, workflow, type Engine, type WorkflowHandle } from "heddle";`,
    {
      engine: "declare const engine: Engine;",
      handle: "declare const handle: WorkflowHandle;",
      approvalSignal: `const approvalSignal = signal<{ approved: boolean }>("approval");`,
      // The page lost the `<T>` of `PaginatedResult<T>` to HTML, so its T comes from the surroundings.
      T: "type T = unknown;",
      approvalOf: `declare function approvalOf<Payload>(handle: ReturnType<typeof signal<Payload>>): Promise<Payload>;`,
    },
  );
  // The last one is wrong on purpose: it shows that the compiler looks.
  expect(problems).toEqual([expect.stringContaining("sample-9.ts: Type '{ approved: boolean; }' is not")]);
});

test("a list has the shape of the page's interface", () => {
  expect(paginatedResult).toMatch(/^interface PaginatedResult \{/);
  interface OfThePage<T> {
    items: readonly T[];
    total: number;
    offset: number;
    limit: number;
  }
  expectTypeOf<PaginatedResult<WorkflowSummary>>().toExtend<OfThePage<WorkflowSummary>>();
});

test("a workflow waits for its signal and goes on with the payload", async () => {
  const { engine, done } = await openApproval();
  const { handle, result } = await runSample(startAndSignal, around(engine), ["handle", "result"]);
  expect(result).toEqual({ orderId: "order-1", approved: true });
  expect(done).toEqual(["fulfillOrder order-1"]);
  expect((handle as WorkflowHandle).id).not.toBe("");
});

test("the other branch of the sample cancels the order", async () => {
  const { engine, done } = await openApproval();
  const handle = await engine.start("approval", { orderId: "order-2" });
  await handle.signal(approvalSignal, { approved: false });
  expect(await handle.result()).toEqual({ orderId: "order-2", approved: false });
  expect(done).toEqual(["cancelOrder order-2"]);
});

test("engine and handle signal alike, and a repeated signalId is acknowledged alike and not queued again", async () => {
  const engine = await openEngine();
  engine.register(
    workflow({ name: "collect" }).execute(async function* (ctx) {
      const seen: unknown[] = [];
      for (let index = 0; index < 3; index++) seen.push(yield* ctx.waitForSignal(approvalSignal));
      return seen;
    }),
  );
  const handle = await engine.start("collect");
  await runSample(signalThroughHandle, around(engine, { handle }));
  const first = await engine.signal(handle.id, approvalSignal, { approved: true }, { signalId: "again" });
  const second = await engine.signal(handle.id, approvalSignal, { approved: false }, { signalId: "again" });
  expect(second).toEqual(first);
  expect(await handle.result()).toEqual([{ approved: true }, { approved: true }, { approved: true }]);
  const signals = (await handle.history()).filter(({ kind }) => kind === "signal");
  expect(signals.map(({ signalId }) => signalId)).toEqual([undefined, "approval-123", "again"]);
});

test("signal ids that look like internal ones, or differ in case, stay apart", async () => {
  const engine = await openEngine();
  const ids = [
    "anonymous:upstream-42",
    "anonymous:upstream-42:",
    "a\u0000b",
    "A",
    "a",
    " a",
    "{x}:y|z\n",
    "0",
  ];
  const note = signal<number>("note");
  engine.register(
    workflow({ name: "collect" }).execute(async function* (ctx) {
      const seen: number[] = [];
      while (seen.length < ids.length + 1) seen.push(yield* ctx.waitForSignal(note));
      return seen;
    }),
  );
  const handle = await engine.start("collect");
  for (const [index, signalId] of ids.entries()) {
    for (const payload of [index, 100 + index]) await handle.signal(note, payload, { signalId });
  }
  await handle.signal(note, -1);
  expect(await handle.result()).toEqual([...ids.keys(), -1]);
});

test("callers that share an idempotency key converge on one workflow and one signal", async () => {
  const { engine, done } = await openApproval();
  const runs = await Promise.all(
    Array.from({ length: 5 }, () => runSample(startOrSignal, around(engine), ["handle"])),
  );
  const handles = runs.map(({ handle }) => handle as SignalledWorkflowHandle);
  expect(new Set(handles.map(({ id, runId }) => `${id} ${runId ?? ""}`)).size).toBe(1);
  expect(handles.map(({ outcome }) => outcome).sort()).toEqual([
    ...Array.from({ length: 4 }, () => "duplicate"),
    "started",
  ]);
  expect(await handles[0]?.result()).toEqual({ orderId: "order-1", approved: true });
  expect(done).toEqual(["fulfillOrder order-1"]);
  const history = (await handles[0]?.history()) ?? [];
  expect(history.filter(({ kind }) => kind === "signal")).toHaveLength(1);
});

test("callers that share id and signalId converge on one workflow and one signal", async () => {
  const { engine, done } = await openApproval();
  const handles = await Promise.all(
    Array.from({ length: 5 }, () =>
      engine.startOrSignal(
        "approval",
        { orderId: "order-7" },
        { name: approvalSignal.name, payload: { approved: true }, signalId: "webhook-1" },
        { id: "order-7" },
      ),
    ),
  );
  expect(handles.filter(({ outcome }) => outcome === "started")).toHaveLength(1);
  expect(handles.filter(({ outcome }) => outcome === "duplicate")).toHaveLength(4);
  expect(await handles[0]?.result()).toEqual({ orderId: "order-7", approved: true });
  expect(done).toEqual(["fulfillOrder order-7"]);
});

test("a closed target is a conflict by default, and onTerminalConflict 'start-new' replaces it", async () => {
  const { engine, done } = await openApproval();
  const deliver = (signalId: string, options: { onTerminalConflict?: "start-new" } = {}) =>
    engine.startOrSignal(
      "approval",
      { orderId: "order-8" },
      { name: "approval", payload: { approved: true }, signalId },
      { id: "order-8", ...options },
    );
  const first = await deliver("one");
  await first.result();
  await expect(deliver("two")).rejects.toThrow(StartOrSignalConflictError);
  const fresh = await deliver("two", { onTerminalConflict: "start-new" });
  expect(fresh.outcome).toBe("started");
  expect(fresh.runId).not.toBe(first.runId);
  expect(await fresh.result()).toEqual({ orderId: "order-8", approved: true });
  expect(done).toEqual(["fulfillOrder order-8", "fulfillOrder order-8"]);
  const [started] = await fresh.history();
  expect(started).toMatchObject({ kind: "started", replaces: first.runId });
});

test("a signal that comes before the workflow asks is kept for it", async () => {
  const { engine } = await openApproval();
  const handle = await engine.start("approval", { orderId: "order-1" });
  // A suspended run does not move, so the signal is there long before the wait.
  await engine.suspend(handle.id);
  await handle.signal(approvalSignal, { approved: true });
  await engine.resume(handle.id);
  expect(await handle.result()).toEqual({ orderId: "order-1", approved: true });
});

test("several signals are waited for one after the other, whatever order they came in", async () => {
  const { engine, done } = await openPageEngine();
  await runSample(severalSignals, around(engine));
  const start = () => engine.start("multi-step-approval", { orderId: "order-3" });
  const approved = await start();
  await approved.signal("finance-approval", { approved: true });
  await approved.signal("manager-approval", { approved: true });
  expect(await approved.result()).toEqual({ orderId: "order-3", status: "approved" });
  expect(done).toEqual(["fulfillOrder order-3"]);
  const byManager = await start();
  await byManager.signal("manager-approval", { approved: false });
  expect(await byManager.result()).toEqual({ orderId: "order-3", status: "rejected-by-manager" });
  const byFinance = await start();
  await byFinance.signal("manager-approval", { approved: true });
  await byFinance.signal("finance-approval", { approved: false });
  expect(await byFinance.result()).toEqual({ orderId: "order-3", status: "rejected-by-finance" });
  expect(done).toHaveLength(1);
});

test("the list is filtered by status and type, and paged", async () => {
  const { engine } = await openApproval();
  engine.register(
    workflow({ name: "order", version: "2" }).execute(function* () {
      throw new Error("out of stock");
    }),
  );
  const parked = await engine.start("approval", { orderId: "order-1" });
  const failing = await engine.start("order", {});
  await expect(failing.result()).rejects.toThrow("out of stock");
  await waitFor(async () => (await parked.describe()).status === "running", { description: "the run runs" });
  const lists = await runSample(listing, around(engine), ["running", "failed", "all"]);
  const { running, failed, all } = lists as Record<string, PaginatedResult<WorkflowSummary>>;
  expect(running?.items.map(({ id }) => id)).toEqual([parked.id]);
  expect(running?.items[0]).toMatchObject({ type: "approval", status: "running", version: "1" });
  expect(running?.items[0]?.createdAt).toBeInstanceOf(Date);
  expect(running?.items[0]?.updatedAt).toBeInstanceOf(Date);
  expect(failed?.items).toMatchObject([{ id: failing.id, type: "order", status: "failed", version: "2" }]);
  expect(all).toMatchObject({ total: 2, offset: 0, limit: 50 });
  expect(all?.items.map(({ id }) => id)).toEqual([failing.id, parked.id]);
  expect(await engine.list({ limit: 1, offset: 1 })).toMatchObject({
    items: [{ id: parked.id }],
    total: 2,
    offset: 1,
    limit: 1,
  });
});

test("a parked workflow answers queries, and after a signal from its new state", async () => {
  const engine = await openEngine();
  const parts = await runSample(liveQuery, around(engine), ["handle", "phase", "phaseQuery"]);
  expect(parts["phase"]).toBe("waiting");
  const handle = parts["handle"] as WorkflowHandle;
  const phaseQuery = query<string>("phase");
  expect(await handle.query(phaseQuery)).toBe("waiting");
  expect(await handle.query("colour")).toBeUndefined();
  await handle.suspend();
  expect(await handle.query(phaseQuery)).toBeUndefined();
  await handle.resume();
  expect(await handle.query(phaseQuery)).toBe("waiting");
  await handle.signal(approvalSignal, { approved: true });
  expect(await handle.result()).toBe("approved");
  expect(await handle.query(phaseQuery)).toBeUndefined();
});

test("a workflow that parks again answers from the resumed context", async () => {
  const engine = await openEngine();
  const phaseQuery = query<string>("phase");
  engine.register(
    workflow({ name: "two-steps" }).execute(async function* (ctx) {
      let phase = "first";
      ctx.onQuery(phaseQuery, () => phase);
      yield* ctx.waitForSignal(approvalSignal);
      phase = "second";
      yield* ctx.waitForSignal(approvalSignal);
    }),
  );
  const handle = await engine.start("two-steps");
  expect(await handle.query(phaseQuery)).toBe("first");
  await handle.signal(approvalSignal, { approved: true });
  expect(await handle.query(phaseQuery)).toBe("second");
});
