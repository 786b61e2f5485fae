// The coordinator as it is deployed: a process with an environment, ended by signals.
import { fileURLToPath } from "node:url";
import { findFreePort } from "@heddle/embedded-redis";
import { createRedisStore } from "@heddle/redis-store";
import { randomNamespace, spawnProcess, waitFor, type SpawnedProcess } from "@heddle/testkit";
import { expect, inject, onTestFinished, test } from "vitest";

const entry = fileURLToPath(new URL("../../apps/coordinator/src/main.ts", import.meta.url));
const READY = /"coordinator ready"/;
const ALL_PARTITIONS = Array.from({ length: 16 }, (_, partition) => partition);

interface CoordinatorUnderTest {
  readonly process: SpawnedProcess;
  partitions(): Promise<number[]>;
}

async function startCoordinator(
  namespace: string,
  env: Readonly<Record<string, string>> = {},
): Promise<CoordinatorUnderTest> {
  const port = await findFreePort();
  const process = await spawnProcess({
    name: "coordinator",
    entry,
    env: {
      REDIS_URL: inject("redisUrl"),
      HEDDLE_NAMESPACE: namespace,
      HEDDLE_WORKFLOWS: "@heddle/examples",
      HEDDLE_HEALTH_PORT: String(port),
      ...env,
    },
    readyWhen: READY,
  });
  onTestFinished(async () => {
    await process.kill();
  });
  return {
    process,
    async partitions() {
      const reply = await fetch(`http://127.0.0.1:${port}/readyz`);
      return ((await reply.json()) as { partitions: number[] }).partitions;
    },
  };
}

test("the ready line tells the workflows and the partitions that it owns", async () => {
  const { process } = await startCoordinator(randomNamespace("coordinator"));
  const workflows = ["approval", "conductor.workflow", "reminder", "supplier-quotes"];
  expect(JSON.parse(await process.waitForLine(READY))).toMatchObject({
    level: "info",
    partitions: ALL_PARTITIONS,
    workflows: expect.arrayContaining(workflows) as unknown,
  });
});

test("SIGTERM hands all partitions over long before the leases would run out", async () => {
  const namespace = randomNamespace("coordinator");
  const env = { HEDDLE_LEASE_TTL_MS: "9000" };
  const [first, second] = await Promise.all([
    startCoordinator(namespace, env),
    startCoordinator(namespace, env),
  ]);
  await waitFor(
    async () => (await first.partitions()).length === 8 && (await second.partitions()).length === 8,
    { description: "both own their fair share", timeoutMs: 20_000, intervalMs: 50 },
  );
  const toldAt = performance.now();
  expect(await first.process.stop({ timeoutMs: 5_000 })).toMatchObject({ code: 0 });
  await waitFor(async () => (await second.partitions()).length === 16, {
    description: "the second owns everything",
    intervalMs: 50,
  });
  // The leases had at least 6 s to live: they are renewed each 3 s. The second looks for free ones each 3 s.
  expect(performance.now() - toldAt).toBeLessThan(5_000);
});

test.each([
  ["REDIS_URL is not set", { REDIS_URL: undefined }],
  ["HEDDLE_WORKFLOWS is not set", { HEDDLE_WORKFLOWS: undefined }],
  ['HEDDLE_WORKFLOWS names "zod", which exports no workflow', { HEDDLE_WORKFLOWS: "zod" }],
  ['HEDDLE_ACTIVITIES names "./nowhere.js", which cannot be imported', { HEDDLE_ACTIVITIES: "./nowhere.js" }],
])("a wrong environment is told in words: %s", async (message, env) => {
  await expectRefusal(message, env);
});

test("another number of partitions than the namespace has is told in words", async () => {
  const namespace = randomNamespace("coordinator");
  const store = await createRedisStore({
    connection: { url: inject("redisUrl") },
    namespace,
    partitions: 4,
  });
  await store.close();
  await expectRefusal(`namespace "${namespace}"`, { HEDDLE_NAMESPACE: namespace, HEDDLE_PARTITIONS: "8" });
});

async function expectRefusal(
  message: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const valid = { REDIS_URL: inject("redisUrl"), HEDDLE_WORKFLOWS: "@heddle/examples" };
  const process = await spawnProcess({ name: "coordinator", entry, env: { ...valid, ...env } });
  expect(await process.exited).toMatchObject({ code: 1 });
  const output = process.lines.join("\n");
  expect(output).toMatch(/^heddle coordinator: /);
  expect(output).toContain(message);
  expect(output).not.toContain("    at ");
}
