// Reset, retry, fork, export, import, attributes, groups and bulk work over HTTP.
import { randomNamespace, waitFor } from "@heddle/testkit";
import { activity, signal, workflow } from "heddle";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";
import { openGateway } from "./support/open-gateway.js";

const OPERATION = "abcdefghijklmnopqrstuv";
const note = signal<string>("note");
const notes = workflow({ name: "notes" }).execute(async function* (ctx) {
  return [yield* ctx.waitForSignal(note), yield* ctx.waitForSignal(note)];
});
const broken = new Set<string>();
const charge = activity({
  name: "charge",
  retry: { maxAttempts: 1 },
  execute: (card: string) => {
    if (broken.has(card)) throw new Error("the bank is down");
    return `charged ${card}`;
  },
});
const order = workflow({ name: "order" }).execute(async function* (ctx, card: string) {
  return yield* ctx.run(charge, card);
});

async function open() {
  const namespace = randomNamespace("repair");
  const engine = await openEngine({ namespace, workflows: [notes, order], activities: [charge] });
  return { engine, ...(await openGateway({ namespace })) };
}

type History = readonly { readonly kind: string; readonly index: number }[];
const indexOf = (history: History, kind: string) => history.find((entry) => entry.kind === kind)?.index;

async function closedNotes({ engine }: Pick<Awaited<ReturnType<typeof open>>, "engine">, id: string) {
  const handle = await engine.start("notes", undefined, { id });
  await handle.signal(note, "one");
  await handle.signal(note, "wrong");
  await handle.result();
  return { handle, event: indexOf(await handle.history(), "signal") ?? -1 };
}

test("a run is reset once per operation, whatever became of it since, and only when it is the one that is meant", async () => {
  const opened = await open();
  const { engine, post } = opened;
  const { handle, event } = await closedNotes(opened, "n/1");
  const body = { event, reapply: "none", reason: "wrong note", operationId: OPERATION };
  const other = await post("/n%2F1/reset", { ...body, runId: "another" });
  expect(other).toMatchObject({ status: 409, body: { code: "NOT_RESETTABLE" } });
  const reset = await post("/n%2F1/reset", { ...body, runId: handle.runId });
  expect(reset).toMatchObject({ status: 202, body: { id: "n/1" } });
  expect(reset.body["runId"]).not.toBe(handle.runId);
  await engine.signal("n/1", note, "two");
  expect(await engine.getHandle("n/1").result()).toEqual(["one", "two"]);

  // The mark of the first reset is cut off by the second.
  const second = await engine.getHandle("n/1").reset({ event: 0, reapply: "none" });
  expect(await post("/n%2F1/reset", { ...body, runId: handle.runId })).toEqual({
    status: 202,
    body: { id: "n/1", runId: second.runId },
  });
  const missing = await post("/n%2F1/reset", { event: 99 });
  expect(missing).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT" } });
  expect(await post("/nobody/reset", { event: 0 })).toMatchObject({ status: 404 });
});

test("a failed run is retried once per operation", async () => {
  const { engine, post, get } = await open();
  broken.add("retried");
  const handle = await engine.start("order", "retried", { id: "o-1" });
  await expect(handle.result()).rejects.toThrow();
  broken.delete("retried");
  const retried = await post("/o-1/retry", { reason: "the bank is back", operationId: OPERATION });
  expect(retried).toMatchObject({ status: 202 });
  expect(await engine.getHandle("o-1").result()).toBe("charged retried");
  expect(await post("/o-1/retry", { operationId: OPERATION })).toEqual(retried);
  expect(await post("/o-1/retry", {})).toMatchObject({ status: 409, body: { code: "NOT_RESETTABLE" } });
  expect((await get("/o-1")).body).toMatchObject({ runId: retried.body["runId"], status: "completed" });
});

test("a fork is made once per operation, with or without an id of the caller's", async () => {
  const opened = await open();
  const { engine, post } = opened;
  const { event } = await closedNotes(opened, "n-1");
  const named = { event, id: "copy", operationId: OPERATION };
  const forked = await post("/n-1/fork", named);
  expect(forked).toMatchObject({ status: 201, body: { id: "copy" } });
  expect(await post("/n-1/fork", named)).toEqual(forked);
  const taken = await post("/n-1/fork", { event, id: "copy" });
  expect(taken).toMatchObject({ status: 409, body: { code: "WORKFLOW_ALREADY_EXISTS" } });
  const unnamed = await post("/n-1/fork", { event, operationId: OPERATION });
  expect(await post("/n-1/fork", { event, operationId: OPERATION })).toEqual(unnamed);
  expect(await engine.count({ type: "notes" })).toBe(3);
  await engine.signal("copy", note, "other");
  expect(await engine.getHandle("copy").result()).toEqual(["one", "other"]);
});

test("what is exported is a file that the import takes, values without JSON and all", async () => {
  const opened = await open();
  const { engine, inject, get } = opened;
  const id = 'a"b/../c\u00e9';
  const handle = await engine.start("notes", undefined, { id });
  const odd = { big: 2n ** 70n, high: 2 ** 60, text: "\ud800", ["__proto__x"]: new Date(0) };
  await engine.signal(id, "note", odd);
  await handle.signal(note, "end");
  await handle.result();
  const path = `/api/v1/workflows/${encodeURIComponent(id)}/history/export`;
  const exported = await inject({ method: "GET", url: path });
  expect(exported.statusCode).toBe(200);
  expect(exported.headers).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "content-disposition": 'attachment; filename="history-a_b____c_.json"',
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  expect(await handle.exportHistory()).toBe(exported.body);

  const elsewhere = await openGateway();
  const sendTo = (gateway: typeof elsewhere, query: string) =>
    gateway.inject({
      ...{ method: "POST", url: `/api/v1/workflows/import${query}`, payload: exported.body },
      headers: { "content-type": "application/json" },
    });
  const imported = await sendTo(elsewhere, "");
  expect(imported.statusCode).toBe(201);
  expect(imported.json()).toEqual({ id, runId: handle.runId });
  expect((await sendTo(elsewhere, "")).json()).toEqual(imported.json());
  const again = await elsewhere.inject({ method: "GET", url: path });
  expect(again.body).toBe(exported.body);
  // Where the run is already, nothing changes; another id is another workflow.
  expect((await sendTo({ ...elsewhere, inject }, "")).statusCode).toBe(201);
  expect((await sendTo({ ...elsewhere, inject }, "?id=copy")).json()).toMatchObject({ id: "copy" });
  expect((await get("/copy")).body).toMatchObject({ status: "completed" });
  expect(await get("/nobody/history/export")).toMatchObject({ status: 404 });
});

test("an open run that is imported goes on once per operation", async () => {
  const { engine, inject } = await open();
  const handle = await engine.start("notes", undefined, { id: "n-1" });
  await handle.signal(note, "one");
  const isIn = async () => indexOf(await handle.history(), "signal") !== undefined;
  await waitFor(isIn, { description: "the signal is in" });
  const payload = await handle.exportHistory();
  const send = () =>
    inject({
      ...{ method: "POST", url: `/api/v1/workflows/import?id=moved&operationId=${OPERATION}`, payload },
      headers: { "content-type": "application/json" },
    });
  const first = await send();
  expect(first.statusCode, first.body).toBe(201);
  await engine.signal("moved", note, "two");
  expect(await engine.getHandle("moved").result()).toEqual(["one", "two"]);
  expect((await send()).json()).toEqual(first.json());
});

test("attributes are set, removed and counted by; a repetition does not undo what came after", async () => {
  const { engine, patch, post, get } = await open();
  await engine.start("notes", undefined, { id: "n-1", attributes: { team: "red", rank: 1 } });
  await engine.start("notes", undefined, { id: "n-2", attributes: { team: "red" } });
  const due = "2030-01-01T00:00:00.000Z";
  const change = { attributes: { team: "blue", rank: null, due: { date: due } }, operationId: OPERATION };
  expect(await patch("/n-1/attributes", change)).toEqual({ status: 200, body: { id: "n-1" } });
  expect((await get("/n-1")).body["attributes"]).toEqual({ team: "blue", due });
  await patch("/n-1/attributes", { attributes: { team: "green" } });
  // One operation id for two workflows is two operations.
  expect(await patch("/n-1/attributes", change)).toMatchObject({ status: 200 });
  await patch("/n-2/attributes", { ...change, attributes: { due: { date: due } } });
  expect((await get("/n-1")).body["attributes"]).toEqual({ team: "green", due });
  expect((await get("/aggregate?groupByAttribute=due&type=notes")).body).toEqual({
    groups: [{ group: due, count: 2 }],
  });
  const teams = (await get("/aggregate?groupByAttribute=team")).body["groups"] as object[];
  expect(teams).toHaveLength(2);
  await post("/n-1/terminate", {});
  expect((await get("/aggregate?groupBy=status&status=terminated")).body).toEqual({
    groups: [{ group: "terminated", count: 1 }],
  });
  expect(await patch("/n-1/attributes", { attributes: { team: "x" } })).toMatchObject({ status: 409 });
  expect(await patch("/nobody/attributes", { attributes: { team: "x" } })).toMatchObject({ status: 404 });
});

test("a bulk operation goes page by page, tells of each run, and touches nothing in a dry run", async () => {
  const { engine, post } = await open();
  for (const id of ["a", "b", "c", "d", "e"]) await engine.start("notes", undefined, { id });
  const filter = { type: "notes" };
  const dry = await post("/bulk/terminate", { filter, dryRun: true, limit: 2 });
  expect(dry).toMatchObject({ status: 200, body: { dryRun: true, matched: 5, done: 0, outcomes: [] } });
  expect((dry.body["sample"] as { id: string }[]).map(({ id }) => id)).toEqual(["e", "d"]);
  expect(await engine.count({ status: "terminated" })).toBe(0);

  const ended: string[] = [];
  const { operationId } = dry.body;
  let cursor: unknown;
  do {
    const { status, body } = await post("/bulk/terminate", {
      filter,
      limit: 2,
      operationId,
      cursor,
      reason: "x",
    });
    expect([status, body["skipped"], body["failed"]]).toEqual([200, 0, 0]);
    ended.push(...(body["outcomes"] as { id: string }[]).map(({ id }) => id));
    cursor = body["cursor"];
  } while (cursor !== undefined);
  expect(ended).toEqual(["e", "d", "c", "b", "a"]);
  expect(await engine.count({ status: "terminated" })).toBe(5);
});

test("named runs are acted on by run id, and a repetition tells the same", async () => {
  const { engine, post } = await open();
  const runs = await Promise.all(
    ["a", "b", "c"].map(async (id) => {
      const { runId } = await engine.start("notes", undefined, { id });
      return { id, runId };
    }),
  );
  // Another run has taken the id since the list was read.
  await engine.terminate("b");
  await engine.start("notes", undefined, { id: "b" });
  const body = { runs, operationId: "stop-all" };
  const first = await post("/bulk/terminate", body);
  expect(first.body).toMatchObject({ matched: 3, done: 2, skipped: 1, failed: 0 });
  expect(first.body["outcomes"]).toMatchObject([
    { id: "a", outcome: "done" },
    { id: "b", outcome: "skipped", error: { code: "WORKFLOW_NOT_FOUND", details: { workflowId: "b" } } },
    { id: "c", outcome: "done" },
  ]);
  expect(await post("/bulk/terminate", body)).toEqual(first);
  expect((await engine.getHandle("b").describe()).status).not.toBe("terminated");

  const signalled = await post("/bulk/signal", { filter: {}, name: "note", payload: 1, operationId: "s" });
  expect(signalled.body).toMatchObject({ matched: 1, done: 1 });
  const reset = { runs: runs.map((run) => ({ ...run, event: 900 })) };
  expect((await post("/bulk/reset", reset)).body).toMatchObject({
    ...{ done: 0, failed: 2, skipped: 1 },
    outcomes: [{ error: { code: "INVALID_ARGUMENT" } }, { outcome: "skipped" }, { outcome: "failed" }],
  });
  const all = await post("/bulk/fork", { filter: { status: "terminated" }, event: 0, operationId: "copies" });
  expect(all.body).toMatchObject({ matched: 2 });
  const cancelled = await post("/bulk/cancel", { filter: { idPrefix: "fork-" } });
  expect(cancelled.body).toMatchObject({ done: all.body["done"] });
});
