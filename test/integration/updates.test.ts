// What an update promises: accepted once, its result to whoever asks with its id, or a typed reason why not.
import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace } from "@heddle/testkit";
import {
  InvalidArgumentError,
  query,
  signal,
  update,
  UpdateFailedError,
  UpdateNotCompletedError,
  UpdateNotFoundError,
  UpdateRejectedError,
  workflow,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
} from "heddle";
import { expect, expectTypeOf, inject, onTestFinished, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const add = update<number, number>("add");
const total = update<number>("total");
const refund = update<{ cents: number }, string>("refund");
const end = signal("end");
const steps = query<number>("steps");

const ledger = workflow({ name: "ledger" })
  .updates({ add, total, refund })
  .execute(async function* (ctx) {
    let sum = 0;
    let stepsRun = 0;
    ctx.onQuery(steps, () => stepsRun);
    ctx.onUpdate(
      add,
      (amount) => {
        if (amount > 1_000) throw new RangeError("more than a ledger can hold");
        return (sum += amount);
      },
      {
        validate: (amount) => {
          if (amount < 0) throw new RangeError("an amount is never negative");
        },
      },
    );
    ctx.onUpdate(total, () => sum);
    ctx.onUpdate(refund, async function* ({ cents }) {
      yield* ctx.waitForSignal("approved");
      const receipt = yield* ctx.step("refund", () => {
        stepsRun++;
        return `receipt for ${cents}`;
      });
      sum -= cents;
      return receipt;
    });
    yield* ctx.waitForSignal(end);
    return sum;
  });

test("an update changes the workflow and gets its handler's result, from any client", async () => {
  const namespace = randomNamespace("updates");
  await openEngine({ namespace, workflows: [ledger] });
  const client = await openEngine({ namespace, roles: ["client"] });
  const handle = await client.start("ledger");
  const sum = await handle.update(add, 5);
  expectTypeOf(sum).toBeNumber();
  expect(sum).toBe(5);
  expect(await client.update(handle.id, "add", 7)).toBe(12);
  expect(await handle.update(total)).toBe(12);
  await handle.signal(end);
  expect(await handle.result()).toBe(12);
});

test("updates at once run one after the other; those that share an id run once and get one result", async () => {
  const engine = await openEngine({ workflows: [ledger] });
  const handle = await engine.start("ledger");
  const sums = await Promise.all(
    Array.from({ length: 60 }, (_, index) => handle.update(add, 1, { updateId: `click-${index % 20}` })),
  );
  expect(new Set(sums)).toEqual(new Set(Array.from({ length: 20 }, (_, index) => index + 1)));
  expect(await handle.update(total)).toBe(20);
  expect(await handle.update(add, 1, { updateId: "click-0" })).toBe(sums[0]);
});

test("a refused update leaves no trace, and a repetition gets the same answer", async () => {
  const engine = await openEngine({ workflows: [ledger] });
  const handle = await engine.start("ledger");
  for (const input of [-1, 1]) {
    const refused = handle.update(add, input, { updateId: "click" });
    await expect(refused).rejects.toThrow(UpdateRejectedError);
    await expect(refused).rejects.toMatchObject({
      details: { workflowId: handle.id, updateId: "click" },
      cause: { name: "RangeError", message: "an amount is never negative" },
    });
  }
  await expect(handle.update("shrink", 1)).rejects.toMatchObject({
    name: UpdateNotFoundError.name,
    details: { known: ["add", "refund", "total"] },
  });
  expect((await handle.history()).filter(({ kind }) => kind.startsWith("update"))).toEqual([]);
  expect(await handle.update(total)).toBe(0);
});

test("a handler that throws fails its update and not the workflow", async () => {
  const engine = await openEngine({ workflows: [ledger] });
  const handle = await engine.start("ledger");
  const failed = handle.update(add, 2_000);
  await expect(failed).rejects.toThrow(UpdateFailedError);
  await expect(failed).rejects.toMatchObject({ cause: { name: "RangeError" } });
  expect(await handle.update(add, 1)).toBe(1);
});

test("an update that awaits is accepted first; whoever repeats its id gets the same result", async () => {
  const engine = await openEngine({ workflows: [ledger] });
  const handle = await engine.start("ledger");
  const accepted = await handle.startUpdate(refund, { cents: 3 }, { updateId: "r-1" });
  expect(accepted).toMatchObject({ workflowId: handle.id, runId: handle.runId, updateId: "r-1" });
  const again = handle.update(refund, { cents: 9 }, { updateId: "r-1" });
  await handle.signal("approved");
  expect(await Promise.all([accepted.result(), again])).toEqual(["receipt for 3", "receipt for 3"]);
  expect(await handle.query(steps)).toBe(1);
  await handle.signal(end);
  expect(await handle.result()).toBe(-3);
  // Also once the run is closed.
  expect(await handle.update(refund, { cents: 9 }, { updateId: "r-1" })).toBe("receipt for 3");
});

test("cancelling the run cancels a handler at work, and its callers are told so", async () => {
  const engine = await openEngine({ workflows: [ledger] });
  const handle = await engine.start("ledger");
  const accepted = await handle.startUpdate(refund, { cents: 3 }, { updateId: "r-1" });
  await handle.cancel();
  await expect(accepted.result()).rejects.toMatchObject({
    name: UpdateFailedError.name,
    cause: { name: "CancelledError" },
  });
});

test.each(["completes", "is terminated"])(
  "a run that %s first tells the callers of its open updates",
  async (how) => {
    const engine = await openEngine({ workflows: [ledger] });
    const handle = await engine.start("ledger");
    const accepted = await handle.startUpdate(refund, { cents: 3 }, { updateId: "r-1" });
    const waiting = handle.update(refund, { cents: 3 }, { updateId: "r-1" });
    if (how === "completes") await handle.signal(end);
    else await handle.terminate();
    const callers = [
      waiting,
      accepted.result(),
      handle.result().then(
        () => handle.update(refund, { cents: 3 }, { updateId: "r-1" }),
        () => handle.update(refund, { cents: 3 }, { updateId: "r-1" }),
      ),
    ];
    for (const caller of await Promise.allSettled(callers)) {
      expect(caller).toMatchObject({
        reason: {
          name: UpdateNotCompletedError.name,
          details: { workflowId: handle.id, updateId: "r-1", accepted: true },
        },
      });
    }
    await expect(handle.update(add, 1)).rejects.toThrow(WorkflowNotRunningError);
  },
);

test("a suspended run takes no updates; those it had go on after it is resumed", async () => {
  const engine = await openEngine({ workflows: [ledger] });
  const handle = await engine.start("ledger");
  const open = await handle.startUpdate(refund, { cents: 1 });
  await handle.suspend();
  await expect(handle.update(add, 1)).rejects.toMatchObject({
    name: WorkflowNotRunningError.name,
    details: { status: "suspended" },
  });
  await handle.signal("approved");
  await handle.resume();
  expect(await open.result()).toBe("receipt for 1");
});

test("an update waits for code, and the code that comes decides about it", async () => {
  const namespace = randomNamespace("updates");
  const other = workflow({ name: "other" }).execute(function* (ctx) {
    yield* ctx.sleep(1);
  });
  const client = await openEngine({ namespace, roles: ["client"] });
  const owner = await openEngine({ namespace, workflows: [other] });
  const handle = await client.start("ledger");
  const answers = Promise.allSettled([
    handle.update(add, 1, { updateId: "a" }),
    handle.update(add, -1, { updateId: "b" }),
    handle.update(add, 1, { updateId: "c" }),
  ]);
  await expect.poll(async () => (await handle.describe()).historyLength).toBe(4);
  owner.register(ledger);
  expect(await answers).toMatchObject([
    { value: 1 },
    { reason: { name: "UpdateRejectedError" } },
    { value: 2 },
  ]);
  // Replayed by the next owner: the refused one is passed over.
  await owner.shutdown();
  await openEngine({ namespace, workflows: [ledger] });
  expect(await handle.update(total)).toBe(2);
});

test("a wait can be given up; the update goes on", async () => {
  const engine = await openEngine({ workflows: [ledger] });
  const handle = await engine.start("ledger");
  const accepted = await handle.startUpdate(refund, { cents: 1 });
  const impatient = new AbortController();
  const wait = accepted.result({ signal: impatient.signal });
  impatient.abort(new Error("no more patience"));
  await expect(wait).rejects.toThrow("no more patience");
  await handle.signal("approved");
  expect(await accepted.result()).toBe("receipt for 1");
});

test("bad calls are refused before anything is written", async () => {
  const engine = await openEngine({ workflows: [ledger] });
  await expect(engine.update("no-such-workflow", add, 1)).rejects.toThrow(WorkflowNotFoundError);
  await expect(engine.update("", add, 1)).rejects.toThrow(InvalidArgumentError);
  await expect(engine.update("w", add, 1, { updateId: "" })).rejects.toThrow(InvalidArgumentError);
  await expect(engine.update("w", "add", 1, { updatedId: "x" } as object)).rejects.toThrow(
    /no option "updatedId"/,
  );
});

async function openGateway(namespace: string) {
  const store = await createRedisStore({ connection: { url: inject("redisUrl") }, namespace });
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: 10_000 });
  const gateway = createGateway({
    client,
    access: { store: store.access, credentials: "none" },
    log: createLogger({ name: "test", level: "silent" }),
  });
  onTestFinished(async () => {
    await gateway.close();
    await store.close();
  });
  return gateway;
}

test("over HTTP an update is answered with its result, its rejection or its failure", async () => {
  const namespace = randomNamespace("updates");
  const engine = await openEngine({ namespace, workflows: [ledger] });
  const gateway = await openGateway(namespace);
  const { id } = await engine.start("ledger");
  const post = async (name: string, payload: object) => {
    const url = `/api/v1/workflows/${id}/updates/${name}`;
    const reply = await gateway.inject({ method: "POST", url, payload });
    return { status: reply.statusCode, body: reply.json<Record<string, unknown>>() };
  };
  const done = { status: 200, body: { id, updateId: "a", status: "completed", result: 5 } };
  expect(await post("add", { input: 5, updateId: "a" })).toEqual(done);
  expect(await post("add", { input: 5, updateId: "a" })).toEqual(done);
  await engine.startUpdate(id, refund, { cents: 3 }, { updateId: "open" });
  const described = await gateway.inject({ method: "GET", url: `/api/v1/workflows/${id}` });
  expect(described.json()).toMatchObject({
    pendingUpdates: [
      {
        ...{ updateId: "open", name: "refund", state: "accepted" },
        admittedAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      },
    ],
  });
  expect(await post("add", { input: -1, updateId: "b" })).toMatchObject({
    status: 422,
    body: { code: "UPDATE_REJECTED", details: { cause: { message: "an amount is never negative" } } },
  });
  expect(await post("add", { input: 2_000, updateId: "c" })).toMatchObject({
    status: 422,
    body: { code: "UPDATE_FAILED", details: { cause: { message: "more than a ledger can hold" } } },
  });
  expect(await post("shrink", { updateId: "d" })).toMatchObject({
    status: 404,
    body: { code: "UPDATE_NOT_FOUND", details: { known: ["add", "refund", "total"] } },
  });
});

test("over HTTP a workflow is started with an update, and found by a repetition", async () => {
  const namespace = randomNamespace("updates");
  const engine = await openEngine({ namespace, workflows: [ledger] });
  const gateway = await openGateway(namespace);
  const post = async (payload: object) => {
    const url = "/api/v1/workflows/start-with-update";
    const reply = await gateway.inject({ method: "POST", url, payload: { type: "ledger", ...payload } });
    return { status: reply.statusCode, body: reply.json<Record<string, unknown>>() };
  };
  const update = { name: "add", input: 5, updateId: "a" };
  const started = await post({ id: "of ada", update, tags: ["new"] });
  expect(started).toMatchObject({
    status: 200,
    body: { id: "of ada", outcome: "started", status: "completed", result: 5 },
  });
  expect(await post({ id: "of ada", update })).toEqual({
    status: 200,
    body: { ...started.body, outcome: "existing" },
  });
  expect(await post({ id: "of ada", update: { ...update, updateId: "b" } })).toMatchObject({
    body: { outcome: "existing", result: 10 },
  });
  const byKey = { idempotencyKey: "k", update: { name: "add", input: 2 } };
  expect((await post(byKey)).body).toMatchObject({ outcome: "started", result: 2 });
  expect((await post(byKey)).body).toMatchObject({ outcome: "existing", result: 2 });
  const fails = await post({ id: "of ada", idConflict: "fail", update: { ...update, updateId: "c" } });
  expect(fails).toMatchObject({ status: 409, body: { code: "WORKFLOW_ALREADY_EXISTS" } });
  expect(await engine.count({ type: "ledger" })).toBe(2);
  expect(await engine.count({ tags: ["new"] })).toBe(1);
});
