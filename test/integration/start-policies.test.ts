// Which run a workflow id or an idempotency key means, when there is one already.
import { randomNamespace, waitFor } from "@heddle/testkit";
import {
  IdempotencyKeyPurgedError,
  InvalidArgumentError,
  PayloadTooLargeError,
  workflow,
  WorkflowAlreadyExistsError,
  WorkflowNotFoundError,
  WorkflowTerminatedError,
  type StartOptions,
} from "heddle";
import { expect, test } from "vitest";
import { gatedActivity } from "./support/gated-activity.js";
import { contentOf, keysOf, openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";

/** Ends as its input says, or waits. */
const ending = workflow({ name: "ending" }).execute(async function* (ctx, how: "ok" | "fail" | "wait") {
  if (how === "fail") throw new Error("as asked");
  if (how === "wait") yield* ctx.waitForSignal("end");
  return how;
});

test("an open run: refused by default, found with use-existing, replaced with terminate-existing", async () => {
  const engine = await openEngine({ workflows: [ending] });
  const first = await engine.start("ending", "wait", { id: "one" });
  await expect(engine.start("ending", "ok", { id: "one" })).rejects.toThrow(WorkflowAlreadyExistsError);
  await expect(engine.start("ending", "ok", { id: "one", idConflict: "fail" })).rejects.toMatchObject({
    details: { workflowId: "one", runId: first.runId },
  });
  const found = await engine.start("ending", "ok", { id: "one", idConflict: "use-existing" });
  expect(found.runId).toBe(first.runId);
  const told = first.result();
  told.catch(() => undefined);
  const fresh = await engine.start("ending", "ok", { id: "one", idConflict: "terminate-existing" });
  expect(fresh.runId).not.toBe(first.runId);
  await expect(told).rejects.toThrow(WorkflowTerminatedError);
  expect(await fresh.result()).toBe("ok");
  expect(await engine.count()).toBe(1);
});

test("terminate-existing leaves nothing pending of the run it replaced", async () => {
  const gated = gatedActivity();
  const busy = workflow({ name: "busy" }).execute(async function* (ctx) {
    yield* ctx.all([ctx.run(gated.definition), ctx.sleep("1h")]);
  });
  const namespace = randomNamespace("start");
  const engine = await openEngine({
    namespace,
    partitions: 1,
    workflows: [busy, ending],
    activities: [gated.definition],
  });
  await engine.start("busy", undefined, { id: "one" });
  await waitFor(() => gated.contexts.length === 1, { description: "the activity runs" });
  const options = { id: "one", idConflict: "terminate-existing" } as const;
  const handle = await engine.start("ending", "wait", options);
  const redis = openRedis();
  const pending = async () => {
    const keys = (await keysOf(redis, namespace)).filter((key) => key.includes("}:a:"));
    return [...keys, ...(await redis.zrange(`{heddle:${namespace}:0}:timers`, 0, "-1"))];
  };
  await expect.poll(pending).toEqual([]);
  await waitFor(() => gated.contexts[0]?.signal.aborted, { description: "the activity is aborted" });
  await handle.signal("end");
  expect(await handle.result()).toBe("wait");
});

test("a closed run: replaced by default, by policy only after a failure, or never", async () => {
  const engine = await openEngine({ workflows: [ending] });
  const start = (how: "ok" | "fail", options: StartOptions) =>
    engine.start("ending", how, { id: "one", ...options });
  const failed = await start("fail", {});
  await expect(failed.result()).rejects.toThrow("as asked");
  await expect(start("ok", { idReuse: "reject" })).rejects.toThrow(WorkflowAlreadyExistsError);
  const second = await start("ok", { idReuse: "allow-failed-only" });
  expect(await second.result()).toBe("ok");
  await expect(start("ok", { idReuse: "allow-failed-only" })).rejects.toThrow(WorkflowAlreadyExistsError);
  const third = await start("ok", {});
  expect(new Set([failed.runId, second.runId, third.runId]).size).toBe(3);
  expect(await third.result()).toBe("ok");
});

test("concurrent starts with one id are one run; the others are told which", async () => {
  const engine = await openEngine({ workflows: [ending] });
  const starts = await Promise.allSettled(
    Array.from({ length: 50 }, () => engine.start("ending", "wait", { id: "one" })),
  );
  const won = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  expect(won).toHaveLength(1);
  for (const start of starts) {
    if (start.status === "rejected") {
      expect(start.reason).toMatchObject({ details: { runId: won[0]?.runId } });
    }
  }
});

test("an idempotency key means the same run for good, also after it closed", async () => {
  const engine = await openEngine({ workflows: [ending] });
  const start = (how: "ok" | "wait") => engine.start("ending", how, { idempotencyKey: "order:1" });
  const handles = await Promise.all(Array.from({ length: 50 }, () => start("wait")));
  expect(new Set(handles.map(({ id, runId }) => `${id} ${runId ?? ""}`)).size).toBe(1);
  await handles[0]?.signal("end");
  expect(await handles[1]?.result()).toBe("wait");
  const later = await start("ok");
  expect(later.runId).toBe(handles[0]?.runId);
  expect(await later.result()).toBe("wait");
  const other = await engine.start("ending", "ok", { idempotencyKey: "order:2" });
  expect(other.id).not.toBe(later.id);
});

test("after its retention a run leaves nothing behind but its key, which stays used", async () => {
  const namespace = randomNamespace("start");
  const brief = workflow({ name: "brief", retention: 50 }).execute(async function* (ctx) {
    yield* ctx.waitForSignal("end");
  });
  const engine = await openEngine({ namespace, partitions: 1, workflows: [brief] });
  const byKey = await engine.start("brief", undefined, { idempotencyKey: "order:1" });
  const byId = await engine.start("brief", undefined, { id: "order-2" });
  for (const handle of [byKey, byId]) {
    await handle.signal("end", undefined, { signalId: "s" });
    await handle.result().catch((error: unknown) => expect(error).toBeInstanceOf(WorkflowNotFoundError));
  }
  await expect.poll(() => engine.count(), { timeout: 5_000 }).toBe(0);
  const redis = openRedis();
  const ofRuns = (await keysOf(redis, namespace)).filter((key) => /\}:[whsai]:/.test(key));
  expect(ofRuns).toEqual([]);
  expect(await redis.zcard(`{heddle:${namespace}:0}:timers`)).toBe(0);
  await expect(byKey.result()).rejects.toThrow(WorkflowNotFoundError);
  await expect(engine.start("brief", undefined, { idempotencyKey: "order:1" })).rejects.toThrow(
    IdempotencyKeyPurgedError,
  );
  const again = await engine.start("brief", undefined, { id: "order-2" });
  expect(again.runId).not.toBe(byId.runId);
});

test("bad starts are refused before anything is written", async () => {
  const namespace = randomNamespace("start");
  const client = await openEngine({ namespace, roles: ["client"], maxPayloadBytes: 1_000 });
  await client.start("ending", "wait", { id: "one" });
  const redis = openRedis();
  const before = await contentOf(redis, namespace);
  const bad: StartOptions[] = [
    { id: "w", idempotencyKey: "k" },
    { idempotencyKey: "k", idReuse: "allow" },
    { idempotencyKey: "k", idConflict: "fail" },
    { id: "" },
    { id: "w".repeat(256) },
    { idempotencyKey: "ä".repeat(59) },
    { idConflict: "replace" as "fail" },
    { idReuse: "never" as "reject" },
    { retries: 3 } as StartOptions,
  ];
  for (const options of bad) {
    await expect(client.start("ending", "ok", options)).rejects.toThrow(InvalidArgumentError);
  }
  await expect(client.start("", "ok")).rejects.toThrow(InvalidArgumentError);
  await expect(client.start("ending", "x".repeat(2_000))).rejects.toThrow(PayloadTooLargeError);
  await expect(client.start("ending", "ok", { id: "one" })).rejects.toThrow(WorkflowAlreadyExistsError);
  expect(await contentOf(redis, namespace)).toEqual(before);
});

test("a workflow's schema checks and shapes the input before the run is accepted", async () => {
  const seen: unknown[] = [];
  const inputSchema = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) =>
        typeof value === "string" && value !== ""
          ? { value: value.trim() }
          : { issues: [{ message: "must be text", path: ["order", { key: "id" }] }] },
    },
  };
  const checked = workflow({ name: "checked", inputSchema }).execute(function* (ctx, input: string) {
    seen.push(input);
    yield* ctx.sleep(0);
    return input;
  });
  const engine = await openEngine({ workflows: [checked] });
  await expect(engine.start("checked", "")).rejects.toThrow(/order\.id: must be text/);
  expect(await engine.count()).toBe(0);
  expect(await (await engine.start("checked", " x ")).result()).toBe("x");
});
