// What `shutdown` promises: work is handed over or finished, and nothing of the engine is left in process or Redis.
import { randomNamespace, startTestRedis, waitFor } from "@heddle/testkit";
import { workflow } from "heddle";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { collectNotes, note } from "./support/collecting-workflows.js";
import { gatedActivity } from "./support/gated-activity.js";
import { openEngine } from "./support/open-engine.js";

async function openServer() {
  const server = await startTestRedis();
  onTestFinished(() => server.stop());
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  return { url: server.url, redis };
}

test("an engine that was shut down leaves no connection, and its partitions are free at once", async () => {
  const { url, redis } = await openServer();
  const namespace = randomNamespace("shutdown");
  const first = await openEngine({ url, namespace, workflows: [collectNotes] });
  const started = await first.start("collect-notes", { count: 1 });
  await first.shutdown();
  const connections = async () =>
    String(await redis.call("CLIENT", "LIST"))
      .trim()
      .split("\n").length;
  await expect.poll(connections).toBe(1);

  const second = await openEngine({ url, namespace, workflows: [collectNotes] });
  const handle = second.getHandle(started.id);
  const sentAtMs = performance.now();
  await handle.signal(note, 3);
  expect(await handle.result()).toEqual([3]);
  // A lease that was not given back would have to run out first: 3 s.
  expect(performance.now() - sentAtMs).toBeLessThan(2_000);
});

test("an activity that ends while the engine drains is recorded once, and its run goes on elsewhere", async () => {
  const gated = gatedActivity();
  const one = workflow({ name: "one" }).execute(async function* (ctx) {
    return yield* ctx.run(gated.definition);
  });
  const namespace = randomNamespace("shutdown");
  const engine = await openEngine({
    namespace,
    workflows: [one],
    activities: [gated.definition],
    drainMs: 10_000,
  });
  const started = await engine.start("one");
  await waitFor(() => gated.contexts.length === 1, { description: "the activity runs" });
  const down = engine.shutdown();
  gated.letGo();
  await down;
  const successor = await openEngine({ namespace, workflows: [one] });
  const handle = successor.getHandle(started.id);
  expect(await handle.result()).toBe("gated let go");
  expect(gated.contexts).toHaveLength(1);
});

test("an activity that outlasts the drain is aborted, and run again by another worker without counting an attempt", async () => {
  const gated = gatedActivity();
  const one = workflow({ name: "one" }).execute(async function* (ctx) {
    return yield* ctx.run(gated.definition, undefined, { retry: { maxAttempts: 1 } });
  });
  const namespace = randomNamespace("shutdown");
  const options = { namespace, workflows: [one], activities: [gated.definition], drainMs: 50 };
  const engine = await openEngine(options);
  const started = await engine.start("one");
  await waitFor(() => gated.contexts.length === 1, { description: "the activity runs" });
  await engine.shutdown();
  expect(gated.contexts[0]?.signal.aborted).toBe(true);
  const successor = await openEngine(options);
  await waitFor(() => gated.contexts.length === 2, { description: "the activity runs again" });
  gated.letGo();
  expect(await successor.getHandle(started.id).result()).toBe("gated let go");
  expect(gated.contexts.map(({ attempt }) => attempt)).toEqual([1, 1]);
});

test("the options of an engine are checked before anything is connected", async () => {
  const twice = () => [gatedActivity("same").definition, gatedActivity("same").definition];
  await expect(openEngine({ activities: twice() })).rejects.toThrow(/two activities are named "same"/);
  await expect(openEngine({ roles: ["boss" as "client"] })).rejects.toThrow(/role "boss"/);
  const other = workflow({ name: "collect-notes" }).execute(function* (ctx) {
    yield* ctx.sleep(1);
  });
  await expect(openEngine({ workflows: [collectNotes, other] })).rejects.toThrow(/registered already/);
});
