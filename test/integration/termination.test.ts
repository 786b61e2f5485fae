// What `terminate` promises: the run is closed at once, its code does not run any more, nothing of it is left pending.
import { randomNamespace, waitFor } from "@heddle/testkit";
import { workflow, WorkflowNotRunningError, WorkflowTerminatedError } from "heddle";
import { expect, test } from "vitest";
import { gatedActivity } from "./support/gated-activity.js";
import { keysOf, openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";

test("waiters are told with the reason, the activity is aborted, pending work leaves Redis, no clean-up runs", async () => {
  const gated = gatedActivity();
  let cleanedUp = false;
  const wide = workflow({ name: "wide" }).execute(async function* (ctx) {
    try {
      yield* ctx.all([ctx.run(gated.definition), ctx.sleep("1h"), ctx.waitForSignal("x", { timeout: "2h" })]);
    } finally {
      cleanedUp = true;
    }
  });
  const namespace = randomNamespace("terminate");
  const engine = await openEngine({
    namespace,
    partitions: 1,
    workflows: [wide],
    activities: [gated.definition],
  });
  const handle = await engine.start("wide");
  const waiters = [handle.result(), engine.getHandle(handle.id).result()];
  for (const waiter of waiters) waiter.catch(() => undefined);
  await waitFor(() => gated.contexts.length === 1, { description: "the activity runs" });
  const redis = openRedis();
  const pending = async () => {
    const keys = (await keysOf(redis, namespace)).filter((key) => key.includes("}:a:"));
    const timers = await redis.zrange(`{heddle:${namespace}:0}:timers`, 0, "-1");
    return [...keys, ...timers.filter((member) => !member.startsWith("purge:"))];
  };
  expect((await pending()).length).toBe(4);
  await handle.terminate({ reason: "wrong order" });
  for (const waiter of waiters) {
    await expect(waiter).rejects.toThrow(WorkflowTerminatedError);
    await expect(waiter).rejects.toThrow(/wrong order/);
  }
  expect((await handle.describe()).status).toBe("terminated");
  await waitFor(() => gated.contexts[0]?.signal.aborted, { description: "the activity is aborted" });
  await waitFor(async () => (await pending()).length === 0, { description: "nothing is pending" });
  expect(cleanedUp).toBe(false);
  const { items } = await engine.list({ status: "terminated" });
  expect(items.map(({ id }) => id)).toEqual([handle.id]);
});

test("pending, suspended and unknown-typed runs can be terminated, a closed one cannot", async () => {
  const namespace = randomNamespace("terminate");
  const client = await openEngine({ namespace, roles: ["client"] });
  const pending = await client.start("nobody-has-it");
  const suspended = await client.start("nobody-has-it");
  await suspended.suspend();
  await pending.terminate();
  await suspended.terminate();
  const held = await client.start("nobody-has-it");
  await openEngine({ namespace });
  await waitFor(async () => (await held.describe()).heldReason, { description: "the run is held" });
  await held.terminate();
  for (const handle of [pending, suspended, held]) {
    await expect(handle.result()).rejects.toThrow(WorkflowTerminatedError);
    await expect(handle.terminate()).rejects.toThrow(WorkflowNotRunningError);
  }
});

test("the code of a run that was terminated or suspended before anyone owned it does not begin", async () => {
  const began: string[] = [];
  const eager = workflow({ name: "eager" }).execute(async function* (ctx) {
    yield* ctx.step("begin", () => began.push(ctx.workflowId));
  });
  const namespace = randomNamespace("terminate");
  const client = await openEngine({ namespace, roles: ["client"], partitions: 1 });
  const terminated = await client.start("eager", undefined, { id: "terminated" });
  const suspended = await client.start("eager", undefined, { id: "suspended" });
  await terminated.terminate();
  await suspended.suspend();
  const ordinary = await client.start("eager", undefined, { id: "ordinary" });
  await openEngine({ namespace, workflows: [eager] });
  await ordinary.result();
  expect(began).toEqual(["ordinary"]);
});

test("a result that arrives after the end changes nothing", async () => {
  const gated = gatedActivity();
  const one = workflow({ name: "one" }).execute(async function* (ctx) {
    return yield* ctx.run(gated.definition);
  });
  const namespace = randomNamespace("terminate");
  const engine = await openEngine({ namespace, workflows: [one], activities: [gated.definition] });
  const handle = await engine.start("one", undefined, { id: "same" });
  await waitFor(() => gated.contexts.length === 1, { description: "the activity runs" });
  await handle.terminate();
  const before = await handle.history();
  gated.letGo();
  const successor = await engine.start("one", undefined, { id: "same" });
  expect(await successor.result()).toBe("gated let go");
  expect(before.at(-1)?.kind).toBe("terminated");
  expect((await successor.history()).filter(({ kind }) => kind === "activity-completed")).toHaveLength(1);
  const redis = openRedis();
  const activities = async () => (await keysOf(redis, namespace)).filter((key) => key.includes("}:a:"));
  await expect.poll(activities).toEqual([]);
});
