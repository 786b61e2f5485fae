import type { ForeignJob, ForeignJobOutcome } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { Queue, QueueEvents, type ConnectionOptions } from "bullmq";
import { Cluster, Redis } from "ioredis";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { consumeForeignJobs } from "./foreign-job-consumer.js";

const log = createLogger({ name: "test", level: "silent" });

describe.each([
  {
    server: "a standalone Redis",
    connection: () => ({ url: inject("redisUrl") }),
    connect: () => new Redis(inject("redisUrl"), { maxRetriesPerRequest: null }),
  },
  {
    server: "a cluster",
    connection: () => ({ cluster: inject("clusterNodes") }),
    connect: () => new Cluster([...inject("clusterNodes")], { redisOptions: { maxRetriesPerRequest: null } }),
  },
])("jobs of other services on $server", ({ connection, connect }) => {
  /** A queue, and a consumer that does with its jobs as told. */
  async function open(handle: (job: ForeignJob) => ForeignJobOutcome | Promise<ForeignJobOutcome>) {
    const namespace = randomNamespace("jobs");
    const client = connect();
    const options = { prefix: `{heddle:${namespace}}:ingestion`, connection: client as ConnectionOptions };
    const queue = new Queue("requests", options);
    const events = new QueueEvents("requests", options);
    await events.waitUntilReady();
    const consumer = consumeForeignJobs({
      ...{ namespace, queue: "requests", concurrency: 5, log },
      connection: connection(),
      handle: async (job) => handle(job),
    });
    onTestFinished(async () => {
      await consumer.close();
      await events.close();
      await queue.close();
      client.disconnect();
    });
    const left = () => queue.getJobCountByTypes("wait", "active", "delayed", "completed", "failed");
    return { client, queue, events, consumer, left };
  }

  test("come as text, and who waits for one is told what became of it", async () => {
    const seen: ForeignJob[] = [];
    const { queue, events, left } = await open((job) => {
      seen.push(job);
      if (job.name === "bad") return { outcome: "refused", reason: "it is bad" };
      return { outcome: "accepted", value: { id: "w" } };
    });
    const kept = { removeOnComplete: false, removeOnFail: false, attempts: 3 };
    const good = await queue.add("good", { n: 1 }, { ...kept, jobId: "a" });
    expect(await good.waitUntilFinished(events)).toEqual({ id: "w" });
    const bad = await queue.add("bad", null, { ...kept, jobId: "b" });
    await expect(bad.waitUntilFinished(events)).rejects.toThrow("it is bad");
    expect(seen).toEqual([
      { id: "a", name: "good", data: '{"n":1}' },
      { id: "b", name: "bad", data: "null" },
    ]);
    expect(await left()).toBe(0);
  });

  test("come back until they are accepted, and hold up no other", async () => {
    let tries = 0;
    const accepted: string[] = [];
    const { queue, left } = await open(({ id }) => {
      if (id === "later" && ++tries < 3) return { outcome: "retry", reason: "not now" };
      accepted.push(id);
      return { outcome: "accepted", value: {} };
    });
    await queue.add("job", {}, { jobId: "later", attempts: 1 });
    await queue.add("job", {}, { jobId: "now" });
    await waitFor(() => accepted.length === 2, { description: "both are accepted" });
    expect(accepted).toEqual(["now", "later"]);
    await waitFor(async () => (await left()) === 0, { description: "nothing is left" });
  });

  test("whose lock was lost are brought back when they cannot be put off", { timeout: 20_000 }, async () => {
    let tries = 0;
    const opened = await open(async ({ id }) => {
      if (++tries > 1) return { outcome: "accepted", value: {} };
      await opened.client.del(opened.queue.toKey(`${id}:lock`));
      return { outcome: "retry", reason: "not now" };
    });
    await opened.queue.add("job", {}, { jobId: "j" });
    await waitFor(() => tries === 2, { description: "it has come back", timeoutMs: 15_000 });
    await waitFor(async () => (await opened.left()) === 0, { description: "nothing is left" });
  });

  test("under way are finished when the consumer closes, and the others stay", async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const begun: string[] = [];
    const { queue, consumer, left } = await open(async ({ id }) => {
      begun.push(id);
      await released;
      return { outcome: "accepted", value: {} };
    });
    for (let number = 0; number < 8; number++) await queue.add("job", {}, { jobId: `j${number}` });
    await waitFor(() => begun.length === 5, { description: "as many as may are under way" });
    const closed = consumer.close();
    release();
    await closed;
    expect([begun.length, await left()]).toEqual([5, 3]);
    expect(await queue.getActiveCount()).toBe(0);
  });
});

test.each([
  ["queue", { queue: "a:b" }],
  ["namespace", { namespace: "{shop}" }],
  ["concurrency", { concurrency: 0 }],
])("a bad %s is refused", (field, bad) => {
  const good = { namespace: "shop", queue: "requests", concurrency: 1, log };
  const connection = { url: inject("redisUrl") };
  const handle = () => Promise.resolve({ outcome: "accepted", value: {} } as const);
  const opening = () => consumeForeignJobs({ ...good, connection, handle, ...bad });
  expect(opening).toThrow(InvalidArgumentError);
  expect(opening).toThrow(expect.objectContaining({ details: { field } }) as Error);
});
