// The client against the gateway as it is deployed, with the same workflow and calls as through an engine.
import { HeddleClient } from "@heddle/client";
import { randomNamespace, waitFor } from "@heddle/testkit";
import {
  PayloadNotSerializableError,
  query,
  signal,
  update,
  UpdateFailedError,
  UpdateNotFoundError,
  UpdateRejectedError,
  workflow,
  WorkflowAlreadyExistsError,
  WorkflowCancelledError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
  WorkflowTerminatedError,
} from "heddle";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";
import { serveGateway } from "./support/served-gateway.js";

const pay = update<{ cents: number }, string>("pay");
const settle = update<void, string>("settle");
const paid = query<number>("paid");
const done = signal<{ by: string }>("done");

const bill = workflow({ name: "bill" }).execute(async function* (ctx, { cents }: { cents: number }) {
  let total = 0;
  let isSettled = false;
  ctx.onQuery(paid, () => total);
  ctx.onUpdate(
    pay,
    (payment) => {
      if (payment.cents === 13) throw new RangeError("an unlucky sum");
      total += payment.cents;
      return `${cents - total} open`;
    },
    {
      validate: (payment) => {
        if (payment.cents <= 0) throw new TypeError("nothing is paid");
      },
    },
  );
  ctx.onUpdate(settle, async function* () {
    yield* ctx.waitUntil(() => isSettled);
    return "settled";
  });
  const { by } = yield* ctx.waitForSignal(done);
  isSettled = true;
  yield* ctx.sleep("1ms");
  if (by === "nobody") throw Object.assign(new Error("who paid?"), { details: { cents } });
  return { by, total };
});
const nap = workflow({ name: "nap" }).execute(function* (ctx, input: { ms: number }) {
  yield* ctx.sleep(input.ms);
  return "rested";
});

type Workflows = [typeof bill, typeof nap];

async function open() {
  const namespace = randomNamespace("client");
  const engine = await openEngine({ namespace, workflows: [bill, nap] });
  const { url } = await serveGateway({ namespace });
  return { client: new HeddleClient<Workflows>({ url }), engine, url };
}

test("a workflow is started, updated, queried, signalled and awaited as through an engine", async () => {
  const { client, engine } = await open();
  const handle = await client.start("bill", { cents: 500 });
  expect(await handle.update(pay, { cents: 200 })).toBe("300 open");
  expect(await handle.query(paid)).toBe(200);
  const waiting = handle.result();
  const acknowledged = await handle.signal(done, { by: "ada" });
  expect(acknowledged).toMatchObject({ workflowId: handle.id, runId: handle.runId });
  expect(await waiting).toEqual({ by: "ada", total: 200 });
  expect(await handle.query(paid)).toBeUndefined();
  await expect(handle.query(paid, undefined, { strict: true })).rejects.toThrow(WorkflowNotRunningError);

  const described = await handle.describe();
  expect(described).toEqual(await engine.getHandle(handle.id).describe());
  const theirs = await engine.getHandle(handle.id).history();
  const ours = await handle.history();
  expect(ours.map(({ index, kind, at }) => ({ index, kind, at }))).toEqual(
    theirs.map(({ index, kind, at }) => ({ index, kind, at })),
  );
});

test("execute resolves to the result, of a named run also after the id was used again", async () => {
  const { client } = await open();
  expect(await client.execute("nap", { ms: 1 })).toBe("rested");
  const first = await client.start("nap", { ms: 1 }, { id: "n" });
  expect(await first.result()).toBe("rested");
  const second = await client.start("nap", { ms: 60_000 }, { id: "n" });
  expect(second.runId).not.toBe(first.runId);
  await expect(first.result()).rejects.toThrow(WorkflowNotFoundError);
});

test("errors are of the classes that an engine throws, with the workflow's own as their cause", async () => {
  const { client, engine } = await open();
  const handle = await client.start("bill", { cents: 500 }, { id: "b" });
  await expect(client.start("bill", { cents: 1 }, { id: "b" })).rejects.toThrow(WorkflowAlreadyExistsError);
  await expect(handle.update(pay, { cents: 0 })).rejects.toThrow(UpdateRejectedError);
  await expect(handle.update("refund")).rejects.toThrow(UpdateNotFoundError);
  await expect(client.signal("nobody", done, { by: "x" })).rejects.toThrow(WorkflowNotFoundError);
  await expect(handle.signal("done", { by: 5n })).rejects.toThrow(PayloadNotSerializableError);

  const failed = await handle.update(pay, { cents: 13 }).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(UpdateFailedError);
  expect(failed).toMatchObject({ cause: { name: "RangeError", message: "an unlucky sum" } });

  await handle.signal(done, { by: "nobody" });
  const ended = await handle.result().catch((error: unknown) => error);
  expect(ended).toBeInstanceOf(WorkflowFailedError);
  const byEngine = (await engine
    .getHandle("b")
    .result()
    .catch((error: unknown) => error)) as Error;
  expect(ended).toMatchObject({
    message: byEngine.message,
    outcome: "reported",
    cause: { name: "Error", message: "who paid?", details: { cents: 500 } },
  });
});

test("an update is started, and its result awaited, from another client too", async () => {
  const { client, url } = await open();
  const handle = await client.start("bill", { cents: 500 });
  const update = await handle.startUpdate(settle, undefined, { updateId: "once" });
  expect(update).toMatchObject({ workflowId: handle.id, runId: handle.runId, updateId: "once" });
  const waiting = update.result();
  const attached = new HeddleClient({ url }).update(handle.id, settle, undefined, { updateId: "once" });
  await handle.signal(done, { by: "ada" });
  expect(await Promise.all([waiting, attached])).toEqual(["settled", "settled"]);
});

test("a workflow is started with an update, or takes it when it is open, once for each update id", async () => {
  const { client } = await open();
  const options = { id: "bill of ada" };
  const call = { update: pay, input: { cents: 200 }, updateId: "first" } as const;
  const started = await client.updateWithStart("bill", { cents: 500 }, call, options);
  expect(started).toMatchObject({ outcome: "started", result: "300 open" });
  expect(await client.updateWithStart("bill", { cents: 500 }, call, options)).toMatchObject({
    ...{ outcome: "existing", result: "300 open" },
    handle: { id: "bill of ada", runId: started.handle.runId },
  });

  const settling = await client.startUpdateWithStart("bill", { cents: 500 }, { update: settle }, options);
  expect(settling.outcome).toBe("existing");
  const settled = settling.update.result();
  await settling.handle.signal(done, { by: "ada" });
  expect(await settled).toBe("settled");

  const byKey = { idempotencyKey: "bill of bob" };
  const other = { update: pay, input: { cents: 1 } } as const;
  const both = await Promise.all(
    [1, 2].map(() => client.updateWithStart("bill", { cents: 5 }, other, byKey)),
  );
  expect(both.map(({ result }) => result)).toEqual(["4 open", "4 open"]);
});

test("start-or-signal starts once and signals once for callers that share its ids", async () => {
  const { client } = await open();
  const call = () =>
    client.startOrSignal(
      "bill",
      { cents: 1 },
      { name: "done", payload: { by: "ada" }, signalId: "s" },
      { id: "b" },
    );
  const both = await Promise.all([call(), call()]);
  expect(both.map(({ outcome }) => outcome).sort()).toEqual(["duplicate", "started"]);
  expect(await both[0].handle.result()).toEqual({ by: "ada", total: 0 });
});

test("workflows are cancelled, terminated, suspended and resumed", async () => {
  const { client } = await open();
  const nap = { ms: 60_000 };
  const [cancelled, terminated, held] = await Promise.all([
    client.start("nap", nap),
    client.start("nap", nap),
    client.start("nap", nap),
  ]);
  await cancelled.cancel({ reason: "enough" });
  await expect(cancelled.result()).rejects.toThrow(WorkflowCancelledError);
  await terminated.terminate({ reason: "now" });
  await expect(terminated.result()).rejects.toThrow(WorkflowTerminatedError);
  await held.suspend();
  expect((await held.describe()).status).toBe("suspended");
  await held.resume();
  expect((await held.describe()).status).not.toBe("suspended");
});

test("a list is a page when it is awaited, and all pages when it is iterated over", async () => {
  const { client } = await open();
  const ids = ["n-1", "n-2", "n-3", "n-4", "n-5"];
  for (const id of ids) await client.start("nap", { ms: 60_000 }, { id, startAfter: "1h" });
  const page = await client.list({ type: "nap", status: ["pending", "running"], limit: 2 });
  expect(page).toMatchObject({ total: 5, limit: 2, items: [{ id: "n-5" }, { id: "n-4" }] });
  expect(page.items[0]?.createdAt).toBeInstanceOf(Date);
  const seen: string[] = [];
  for await (const { id } of client.list({ type: "nap", limit: 2 })) seen.push(id);
  expect(seen).toEqual(ids.toReversed());
  expect(await client.count({ status: "failed" })).toBe(0);
});

test("an abort ends a wait at once with its reason, and nothing else", async () => {
  const { client } = await open();
  const handle = await client.start("nap", { ms: 60_000 });
  const stop = new AbortController();
  const waiting = handle.result({ signal: stop.signal });
  const reason = new Error("no patience");
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(handle.describe({ signal: stop.signal })).rejects.toBe(reason);
  expect((await handle.describe()).status).not.toBe("cancelled");
});

test("attributes, tags and memo are given at the start, shown and searched", async () => {
  const { client, engine } = await open();
  const due = new Date("2030-01-01T00:00:00Z");
  const attributes = { customer: "ada", due, total: 7 };
  const options = { id: "n", startAfter: "1h", attributes, tags: ["vip"], memo: { note: "hello" } };
  await client.start("nap", { ms: 1 }, options);
  // Its owner takes note of it; the two looks below could fall on either side of that.
  await waitFor(async () => (await engine.getHandle("n").describe()).historyLength === 1, {
    description: "the owner has seen the start",
  });
  const shown = { ...attributes, due: due.toISOString(), tags: ["vip"] };
  expect(await client.getHandle("n").describe()).toEqual({
    ...(await engine.getHandle("n").describe()),
    attributes: shown,
  });
  const search = { attributes: { customer: "ada", due: { lte: due } }, tags: ["vip"], idPrefix: "n" };
  const found = await client.list({ ...search, createdAt: { from: 0 } });
  expect(found.items).toMatchObject([{ id: "n", attributes: shown }]);
  expect(await client.count({ ...search, tags: ["other"] })).toBe(0);
});
