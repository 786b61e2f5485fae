// Activities that end their ticket and are settled from outside: by token, by reference, by nobody in time.
import { randomNamespace, waitFor } from "@heddle/testkit";
import {
  activity,
  ActivityAlreadySettledError,
  ActivityNotFoundError,
  encryption,
  InvalidArgumentError,
  PayloadTooLargeError,
  signal,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
  workflow,
  type ActivityContext,
  type PayloadCodec,
  type RunOptions,
  type WorkflowHandle,
} from "heddle";
import { expect, test } from "vitest";
import { gatedActivity } from "./support/gated-activity.js";
import { openEngine } from "./support/open-engine.js";

const REFERENCE = "approval";

/** An engine with an activity that is always settled from outside, and a workflow that runs it and tells how it ended. */
function definitions() {
  const attempts: ActivityContext[] = [];
  const ask = activity<string, { approved: boolean }>({
    name: "ask",
    asyncComplete: true,
    retry: { initialBackoff: 20 },
    execute: (_question, context) => void attempts.push(context),
  });
  const asking = workflow({ name: "asking" }).execute(async function* (ctx, options: RunOptions) {
    try {
      return yield* ctx.run(ask, "may I?", { reference: REFERENCE, ...options });
    } catch (error) {
      const { name, cause } = error as Error & { cause?: Error };
      return { error: name, cause: cause?.name };
    }
  });
  return { attempts, ask, asking };
}

async function openAsking(options: { namespace?: string; concurrency?: number; codec?: PayloadCodec } = {}) {
  const { attempts, ask, asking } = definitions();
  const namespace = options.namespace ?? randomNamespace("async");
  const engine = await openEngine({ ...options, namespace, workflows: [asking], activities: [ask] });
  /** Resolves when the code of that attempt has run; its ticket may not have ended yet. */
  const attempt = (number: number) =>
    waitFor(() => attempts[number - 1], { description: `attempt ${number} has run` });
  const start = async (runOptions: RunOptions = {}) => engine.start("asking", runOptions);
  return { namespace, engine, attempts, attempt, start };
}

function referenceIn(workflowId: string) {
  return { workflowId, reference: REFERENCE };
}

test("a token completes the activity, from any process", async () => {
  const { namespace, start, attempt, attempts } = await openAsking();
  const handle = await start();
  const { taskToken } = await attempt(1);
  const elsewhere = await openEngine({ namespace, roles: ["client"] });
  await elsewhere.activities.complete(taskToken, { approved: true });
  expect(await handle.result()).toEqual({ approved: true });
  expect(attempts).toHaveLength(1);
});

test("a reference completes the activity, and is in the history", async () => {
  const { engine, start, attempt } = await openAsking();
  const handle = await start();
  await attempt(1);
  await engine.activities.complete(referenceIn(handle.id), { approved: false });
  expect(await handle.result()).toEqual({ approved: false });
  expect(await handle.history()).toContainEqual(
    expect.objectContaining({ kind: "activity-scheduled", reference: REFERENCE }),
  );
});

test("code may decide for itself whether it is completed later", async () => {
  const tokens: string[] = [];
  const pay = activity({
    name: "pay",
    execute: (cents: number, context) => {
      if (cents < 100) return { receipt: "cash" };
      tokens.push(context.taskToken);
      return context.completeLater();
    },
  });
  const paying = workflow({ name: "paying" }).execute(async function* (ctx, cents: number) {
    return (yield* ctx.run(pay, cents)).receipt;
  });
  const engine = await openEngine({ workflows: [paying], activities: [pay] });
  expect(await engine.execute("paying", 5)).toBe("cash");
  const handle = await engine.start("paying", 500);
  const [token = ""] = await waitFor(() => tokens.length > 0 && tokens, { description: "the token" });
  await engine.activities.complete(token, { receipt: "bank" });
  expect(await handle.result()).toBe("bank");
});

test("code that throws behind completeLater has failed", async () => {
  const pay = activity({
    name: "pay",
    retry: { maxAttempts: 1 },
    execute: (_input: void, context) => {
      context.completeLater();
      throw new TypeError("no line");
    },
  });
  const paying = workflow({ name: "paying" }).execute(async function* (ctx) {
    yield* ctx.run(pay);
  });
  const engine = await openEngine({ workflows: [paying], activities: [pay] });
  await expect(engine.execute("paying")).rejects.toMatchObject({ cause: { cause: { message: "no line" } } });
});

test("it occupies no slot of its worker", async () => {
  const { engine, start, attempt, attempts } = await openAsking({ concurrency: 1 });
  const handles = [await start(), await start(), await start()];
  await attempt(3);
  expect(new Set(attempts.map(({ workflowId }) => workflowId)).size).toBe(3);
  for (const { id } of handles) await engine.activities.complete(referenceIn(id), { approved: true });
  for (const handle of handles) expect(await handle.result()).toEqual({ approved: true });
});

test("it outlives the shutdown of every process, and is not run again", async () => {
  const first = await openAsking();
  const handle = await first.start();
  const { taskToken } = await first.attempt(1);
  await first.engine.shutdown();
  const second = await openAsking({ namespace: first.namespace });
  await second.engine.activities.complete(taskToken, { approved: true });
  expect(await second.engine.getHandle(handle.id).result()).toEqual({ approved: true });
  expect(second.attempts).toHaveLength(0);
});

test("of two who complete it at once one wins, and the other is told", async () => {
  const { engine, start, attempt } = await openAsking();
  const handle = await start();
  const { taskToken } = await attempt(1);
  const results = await Promise.allSettled([
    engine.activities.complete(taskToken, { approved: true }),
    engine.activities.complete(referenceIn(handle.id), { approved: false }),
    engine.activities.fail(taskToken, new Error("no answer")),
  ]);
  const lost = results.filter((result) => result.status === "rejected");
  expect(results.map(({ status }) => status).filter((status) => status === "fulfilled")).toHaveLength(1);
  for (const { reason } of lost) expect(reason).toBeInstanceOf(ActivityAlreadySettledError);
});

test("who settles it the same way again gets the same answer, also with a codec that encrypts", async () => {
  const codec = encryption({ keys: { k: new Uint8Array(32).fill(7) }, encryptWith: "k" });
  const { engine, start, attempt } = await openAsking({ codec });
  const handle = await start();
  const { taskToken } = await attempt(1);
  const targets = [taskToken, referenceIn(handle.id)];
  await Promise.all(targets.map((target) => engine.activities.complete(target, { approved: true })));
  expect(await handle.result()).toEqual({ approved: true });
  for (const target of targets) {
    await engine.activities.complete(target, { approved: true });
    for (const other of [{ approved: false }, undefined]) {
      const call = engine.activities.complete(target, other);
      await expect(call).rejects.toBeInstanceOf(ActivityAlreadySettledError);
    }
  }
});

test("a failure is tried again with a new token, by the policy; the last one is the workflow's", async () => {
  const { engine, start, attempt, attempts } = await openAsking();
  const handle = await start({ retry: { maxAttempts: 2 } });
  const first = await attempt(1);
  expect(await engine.activities.fail(first.taskToken, new Error("line dropped"))).toEqual({
    willRetry: true,
  });
  const second = await attempt(2);
  expect([second.attempt, second.idempotencyKey]).toEqual([2, first.idempotencyKey]);
  await expect(engine.activities.complete(first.taskToken, { approved: true })).rejects.toBeInstanceOf(
    ActivityAlreadySettledError,
  );
  expect(await engine.activities.fail(second.taskToken, new TypeError("refused"))).toEqual({
    willRetry: false,
  });
  expect(await handle.result()).toEqual({ error: "ActivityFailedError", cause: "TypeError" });
  expect(attempts).toHaveLength(2);
});

test("its heartbeat timeout stays in force; details of a heartbeat from outside reach the next attempt", async () => {
  const { engine, start, attempt } = await openAsking();
  const handle = await start({ timeouts: { heartbeat: 1_000 }, retry: { maxAttempts: 2 } });
  const { taskToken } = await attempt(1);
  expect(await engine.activities.heartbeat(taskToken, { page: 3 })).toEqual({ cancelRequested: false });
  const second = await attempt(2);
  expect(second.heartbeatDetails).toEqual({ page: 3 });
  expect(await engine.activities.heartbeat(taskToken)).toEqual({ cancelRequested: true });
  expect(await handle.result()).toEqual({ error: "ActivityTimedOutError", cause: "ActivityTimedOutError" });
});

test("heartbeats from outside keep it open longer than its heartbeat timeout", async () => {
  const { engine, start, attempt, attempts } = await openAsking();
  const handle = await start({ timeouts: { heartbeat: 1_000 } });
  await attempt(1);
  const untilMs = Date.now() + 2_500;
  await waitFor(
    async () => {
      await engine.activities.heartbeat(referenceIn(handle.id));
      return Date.now() > untilMs;
    },
    { description: "heartbeats for more than two timeouts", timeoutMs: 10_000 },
  );
  await engine.activities.complete(referenceIn(handle.id), { approved: true });
  expect(await handle.result()).toEqual({ approved: true });
  expect(attempts).toHaveLength(1);
});

test("start-to-close ends an attempt that nobody settles", async () => {
  const { start } = await openAsking();
  const handle = await start({ timeouts: { startToClose: 300 }, retry: { maxAttempts: 1 } });
  expect(await handle.result()).toEqual({ error: "ActivityTimedOutError", cause: "ActivityTimedOutError" });
});

test("a run that is suspended keeps its result until it goes on", async () => {
  const { engine, start, attempt } = await openAsking();
  const handle = await start();
  await attempt(1);
  await handle.suspend();
  await engine.activities.complete(referenceIn(handle.id), { approved: true });
  expect(await handle.describe()).toMatchObject({ status: "suspended" });
  await handle.resume();
  expect(await handle.result()).toEqual({ approved: true });
});

test("by reference an activity is settled while a worker runs it, whose code is then told to stop", async () => {
  const gated = gatedActivity();
  const waiting = workflow({ name: "waiting" }).execute(async function* (ctx) {
    const value = yield* ctx.run(gated.definition, undefined, { reference: "gate" });
    yield* ctx.waitForSignal(signal("go"));
    return value;
  });
  const engine = await openEngine({ workflows: [waiting], activities: [gated.definition] });
  const handle = await engine.start("waiting");
  const context = await waitFor(() => gated.contexts[0], { description: "the worker runs it" });
  await engine.activities.complete({ workflowId: handle.id, reference: "gate" }, "opened from outside");
  await waitFor(() => context.signal.aborted, { description: "its code is told" });
  await handle.signal("go");
  expect(await handle.result()).toBe("opened from outside");
});

test("by reference an activity is settled that no worker has taken, and before its next attempt", async () => {
  const { engine, start, attempt, attempts } = await openAsking();
  const nobody = await start({ queue: "nobody-serves-it" });
  await waitUntilScheduled(nobody);
  await engine.activities.complete(referenceIn(nobody.id), { approved: true });
  expect(await nobody.result()).toEqual({ approved: true });

  const backingOff = await start({ retry: { initialBackoff: "10m", maxBackoff: "10m" } });
  const { taskToken } = await attempt(1);
  await engine.activities.fail(taskToken, new Error("later"));
  await engine.activities.complete(referenceIn(backingOff.id), { approved: true });
  expect(await backingOff.result()).toEqual({ approved: true });
  expect(attempts).toHaveLength(1);
});

test("an activity that its workflow withdrew takes no result, and a heartbeat says so", async () => {
  const { ask, attempts } = definitions();
  const impatient = workflow({ name: "impatient" }).execute(async function* (ctx) {
    yield* ctx.race([ctx.run(ask, "now?", { reference: REFERENCE }), ctx.waitForSignal(signal("enough"))]);
    yield* ctx.waitForSignal(signal("end"));
  });
  const engine = await openEngine({ workflows: [impatient], activities: [ask] });
  const handle = await engine.start("impatient");
  const { taskToken } = await waitFor(() => attempts[0], { description: "the question was asked" });
  await handle.signal("enough");
  await waitFor(async () => (await engine.activities.heartbeat(taskToken)).cancelRequested, {
    description: "the heartbeat tells that the activity was withdrawn",
  });
  for (const target of [taskToken, referenceIn(handle.id)]) {
    await expect(engine.activities.complete(target)).rejects.toBeInstanceOf(ActivityAlreadySettledError);
  }
  await handle.signal("end");
  await handle.result();
  expect(await engine.activities.heartbeat(taskToken)).toEqual({ cancelRequested: true });
  await expect(engine.activities.complete(taskToken)).rejects.toBeInstanceOf(WorkflowNotRunningError);
});

test("what names no open activity is refused with an error of its own, and bad input before anything is written", async () => {
  const { engine, start, attempt } = await openAsking();
  const handle = await start();
  const { taskToken } = await attempt(1);
  const { activities } = engine;
  const refused = async (target: Parameters<typeof activities.complete>[0], expected: unknown) => {
    for (const call of [activities.complete(target), activities.fail(target, new Error("no"))]) {
      await expect(call).rejects.toBeInstanceOf(expected);
    }
    await expect(activities.heartbeat(target)).rejects.toBeInstanceOf(expected);
  };
  await refused("no token", InvalidArgumentError);
  await refused(taskToken.slice(0, 20), InvalidArgumentError);
  await refused({ workflowId: handle.id, reference: "" }, InvalidArgumentError);
  await refused(undefined as never, InvalidArgumentError);
  await refused({ workflowId: handle.id, reference: "other" }, ActivityNotFoundError);
  await refused({ workflowId: "nobody", reference: REFERENCE }, WorkflowNotFoundError);
  const large = activities.complete(taskToken, "x".repeat(2 * 1024 * 1024));
  await expect(large).rejects.toBeInstanceOf(PayloadTooLargeError);
  await activities.complete(taskToken, { approved: true });
  expect(await handle.result()).toEqual({ approved: true });
});

test("a run that continues as new leaves its references behind", async () => {
  const { ask, attempts } = definitions();
  const chain = workflow({ name: "chain" }).execute(async function* (ctx, link: number) {
    if (link === 2) return yield* ctx.waitForSignal(signal("end"));
    yield* ctx.race([ctx.run(ask, "?", { reference: REFERENCE }), ctx.waitForSignal(signal("next"))]);
    return yield* ctx.continueAsNew(link + 1);
  });
  const engine = await openEngine({ workflows: [chain], activities: [ask] });
  const handle = await engine.start("chain", 1);
  const { taskToken } = await waitFor(() => attempts[0], { description: "the question was asked" });
  await handle.signal("next");
  await waitFor(async () => (await handle.describe()).runId !== handle.runId, {
    description: "the next run",
  });
  for (const target of [taskToken, referenceIn(handle.id)]) {
    await expect(engine.activities.complete(target)).rejects.toBeInstanceOf(ActivityNotFoundError);
  }
  await handle.signal("end", "over");
  expect(await handle.result()).toBe("over");
});

async function waitUntilScheduled(handle: WorkflowHandle): Promise<void> {
  await waitFor(async () => (await handle.describe()).pendingActivities.length === 1, {
    description: "the activity is scheduled",
  });
}
