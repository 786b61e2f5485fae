// Activities that services settle over HTTP: by token and by reference, once, twice, otherwise, and too late.
import { randomNamespace, waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openAsking } from "./support/asking.js";
import { ADMIN_KEY, openGuardedGateways } from "./support/guarded-gateways.js";

const COMPLETE = "/api/v1/activities/complete";
const FAIL = "/api/v1/activities/fail";
const HEARTBEAT = "/api/v1/activities/heartbeat";
const RESULT = { approved: true, cents: 12.5 };

async function open() {
  const namespace = randomNamespace("settle");
  // First, because it chooses the number of partitions.
  const gateways = await openGuardedGateways({ namespace });
  const asking = await openAsking(namespace);
  const { key } = await gateways.createKey({ role: "worker" });
  const post = (url: string, body: object) => gateways.call(key, { method: "POST", url, body });
  return { ...asking, ...gateways, key, post };
}

function byReference(id: string, verb: string, reference = "approval"): string {
  return `/api/v1/workflows/${encodeURIComponent(id)}/activities/${encodeURIComponent(reference)}/${verb}`;
}

test("a token completes an activity; the same again is answered alike, also behind the end of the run", async () => {
  const { start, tokenOf, post } = await open();
  const handle = await start();
  const taskToken = await tokenOf(1);
  const completed = { status: 200, body: { id: handle.id } };
  expect(await post(COMPLETE, { taskToken, result: RESULT })).toMatchObject(completed);
  expect(await post(COMPLETE, { taskToken, result: RESULT })).toMatchObject(completed);
  expect(await handle.result()).toEqual({ answer: RESULT });
  expect(await post(COMPLETE, { taskToken, result: RESULT })).toMatchObject(completed);
  expect((await handle.history()).filter(({ kind }) => kind === "activity-completed")).toHaveLength(1);

  const settled = { status: 409, body: { code: "ACTIVITY_ALREADY_SETTLED", retryable: false } };
  expect(await post(COMPLETE, { taskToken, result: { approved: false } })).toMatchObject(settled);
  expect(await post(COMPLETE, { taskToken })).toMatchObject(settled);
  expect(await post(FAIL, { taskToken, error: { message: "no" } })).toMatchObject(settled);
  expect(await post(HEARTBEAT, { taskToken })).toMatchObject({
    status: 200,
    body: { cancelRequested: true },
  });
});

test("a reference completes an activity, whatever characters it and the workflow's id have", async () => {
  const { engine, tokenOf, post } = await open();
  const reference = "a/b ü?";
  const handle = await engine.start("asking", { reference }, { id: "order 7/8" });
  await tokenOf(1);
  const complete = (result: unknown) => post(byReference(handle.id, "complete", reference), { result });
  const replies = [await complete(RESULT), await complete(RESULT), await complete("other")];
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 409]);
  expect(replies[0]?.body).toEqual({ id: "order 7/8" });
  expect(await handle.result()).toEqual({ answer: RESULT });
});

test("a failure is tried again by the policy, and repeated it is the same failure", async () => {
  const { start, tokenOf, post } = await open();
  const handle = await start({ retry: { maxAttempts: 2 } });
  const first = await tokenOf(1);
  const error = { name: "LineError", message: "dropped", details: { nextDelayMs: 30 } };
  const retrying = { status: 200, body: { id: handle.id, willRetry: true } };
  expect(await post(FAIL, { taskToken: first, error })).toMatchObject(retrying);
  expect(await post(FAIL, { taskToken: first, error })).toMatchObject(retrying);
  const second = await tokenOf(2);
  expect(await post(FAIL, { taskToken: first, error })).toMatchObject(retrying);
  expect(await post(COMPLETE, { taskToken: first, result: 1 })).toMatchObject({
    status: 409,
    body: { code: "ACTIVITY_ALREADY_SETTLED" },
  });
  const refused = { error: { name: "CardError", message: "refused", cause: { message: "no money" } } };
  expect(await post(FAIL, { taskToken: second, ...refused })).toMatchObject({ body: { willRetry: false } });
  expect(await handle.result()).toEqual({ error: "ActivityFailedError", cause: "CardError" });
  const failed = (await handle.history()).find(({ kind }) => kind === "activity-failed");
  expect(failed).toMatchObject({ failure: { name: "CardError", cause: { message: "no money" } } });
  expect(JSON.stringify(failed)).not.toContain("stack");
});

test("by reference an operation id tells a repetition from the failure of the next attempt", async () => {
  const { start, tokenOf, post } = await open();
  const handle = await start({ retry: { maxAttempts: 2 } });
  await tokenOf(1);
  const operationId = "abcdefghijklmnopqrstuv";
  const fail = (more: object) => post(byReference(handle.id, "fail"), { error: { message: "no" }, ...more });
  expect(await fail({ operationId })).toMatchObject({ body: { willRetry: true } });
  await tokenOf(2);
  expect(await fail({ operationId })).toMatchObject({ body: { willRetry: true } });
  expect((await handle.describe()).pendingActivities).toMatchObject([{ attempt: 2 }]);
  expect(await fail({})).toMatchObject({ body: { willRetry: false } });
  expect(await handle.result()).toMatchObject({ error: "ActivityFailedError" });
});

test("a heartbeat keeps the activity open, and after a cancellation says that going on is of no use", async () => {
  const { start, tokenOf, post } = await open();
  const handle = await start({ timeouts: { heartbeat: "1m" }, retry: { maxAttempts: 1 } });
  const taskToken = await tokenOf(1);
  const beat = (cancelRequested: boolean) => ({ status: 200, body: { id: handle.id, cancelRequested } });
  expect(await post(HEARTBEAT, { taskToken, details: { page: 3 } })).toMatchObject(beat(false));
  expect(await post(byReference(handle.id, "heartbeat"), {})).toMatchObject(beat(false));
  await handle.cancel();
  await waitFor(async () => (await post(HEARTBEAT, { taskToken })).body["cancelRequested"] === true, {
    description: "the cancellation reaches the activity",
  });
  expect(await post(byReference(handle.id, "heartbeat"), {})).toMatchObject(beat(true));
});

test("what is of another namespace is not there, and nothing happens to it", async () => {
  const here = await open();
  const there = await openGuardedGateways();
  const { key } = await there.createKey({ role: "worker" });
  const handle = await here.start();
  const taskToken = await here.tokenOf(1);
  const calls = [
    [COMPLETE, { taskToken, result: 1 }],
    [FAIL, { taskToken, error: { message: "no" } }],
    [HEARTBEAT, { taskToken }],
    [byReference(handle.id, "complete"), {}],
    [byReference(handle.id, "heartbeat"), {}],
  ] as const;
  for (const [url, body] of calls) {
    const reply = await there.call(key, { method: "POST", url, body });
    expect(reply, url).toMatchObject({ status: 404, body: { code: "WORKFLOW_NOT_FOUND" } });
  }
  const unknown = await here.post(byReference(handle.id, "complete", "other"), {});
  expect(unknown).toMatchObject({ status: 404, body: { code: "ACTIVITY_NOT_FOUND" } });
  expect((await handle.describe()).pendingActivities).toHaveLength(1);
});

test("a worker's key settles activities and does nothing else; a signaller's does not settle them", async () => {
  const { start, tokenOf, call, createKey, key } = await open();
  const handle = await start();
  const taskToken = await tokenOf(1);
  const denied = { status: 403, body: { code: "PERMISSION_DENIED" } };
  for (const url of ["/api/v1/queues", "/api/v1/queues/default", `/api/v1/workflows/${handle.id}`]) {
    expect(await call(key, { method: "GET", url })).toMatchObject(denied);
  }
  const start2 = { method: "POST", url: "/api/v1/workflows", body: { type: "asking" } } as const;
  expect(await call(key, start2)).toMatchObject(denied);
  const complete = { method: "POST", url: COMPLETE, body: { taskToken, result: 1 } } as const;
  for (const role of ["reader", "signaller"]) {
    const { key: other } = await createKey({ role });
    expect(await call(other, complete)).toMatchObject(denied);
  }
  const { key: operator } = await createKey({ role: "operator" });
  expect(await call(operator, complete)).toMatchObject({ status: 200 });
});

test("the audit log names workflow and reference of what was settled, and has no heartbeats", async () => {
  const { start, tokenOf, post, call } = await open();
  const handle = await start();
  const taskToken = await tokenOf(1);
  await post(HEARTBEAT, { taskToken });
  await post(byReference(handle.id, "complete"), { result: 1 });
  await post(COMPLETE, { taskToken, result: 2 });
  const written = await waitFor(
    async () => {
      const { body } = await call(ADMIN_KEY, { method: "GET", url: "/api/v1/audit" });
      const items = body["items"] as Record<string, unknown>[];
      return items.length >= 3 && items;
    },
    { description: "the audit log has the calls" },
  );
  expect(written.map(({ operation }) => operation)).not.toContain("heartbeatActivity");
  expect(written).toContainEqual(
    expect.objectContaining({
      ...{ operation: "completeActivityByReference", object: handle.id, name: "approval", status: 200 },
    }),
  );
  expect(written).toContainEqual(
    expect.objectContaining({
      ...{ operation: "completeActivity", object: handle.id, code: "ACTIVITY_ALREADY_SETTLED" },
    }),
  );
  expect(JSON.stringify(written)).not.toContain(taskToken);
});
