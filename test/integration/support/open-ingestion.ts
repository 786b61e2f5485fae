import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource, type RedisStoreOptions } from "@heddle/redis-store";
import { consumeForeignJobs } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { Queue } from "bullmq";
import { inject, onTestFinished } from "vitest";

export const QUEUE = "requests";

/** A queue as any service opens it: with BullMQ alone, by the name and prefix that docs/ingestion.md gives. */
export function openForeignQueue(namespace: string, redisUrl = inject("redisUrl")): Queue {
  const { hostname: host, port } = new URL(redisUrl);
  const queue = new Queue(QUEUE, {
    prefix: `{heddle:${namespace}}:ingestion`,
    connection: { host, port: Number(port) },
  });
  queue.on("error", () => undefined);
  onTestFinished(() => queue.close());
  return queue;
}

/** A gateway without a socket that takes jobs from the queue of a namespace; all is closed when the test ends. */
export async function openIngestion(
  options: { namespace?: string; store?: Partial<RedisStoreOptions>; deadLetters?: number } = {},
) {
  const { namespace = randomNamespace("ingestion"), deadLetters } = options;
  const connection = { url: inject("redisUrl") };
  const log = createLogger({ name: "test", level: "silent" });
  const store = await createRedisStore({ connection, namespace, partitions: 1, ...options.store });
  const gateway = createGateway({
    client: new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES }),
    access: { store: store.access, credentials: "none" },
    log,
    limits: { deadLetters },
  });
  const place = { connection, namespace, queue: QUEUE };
  const consumer = consumeForeignJobs({ ...place, concurrency: 20, handle: gateway.handleJob, log });
  const close = async () => {
    await consumer.close();
    await gateway.close();
    await store.close();
  };
  onTestFinished(close);
  const call = async (method: "GET" | "POST" | "DELETE", path: string, payload?: object) => {
    const url = `/api/v1${path}`;
    const reply = await gateway.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
    return { status: reply.statusCode, body: reply.json<Record<string, unknown>>() };
  };
  const queue = openForeignQueue(namespace);
  return {
    ...{ namespace, queue, close },
    get: (path: string) => call("GET", path),
    post: (path: string, body: object = {}) => call("POST", path, body),
    remove: (path: string) => call("DELETE", path),
    /** Until no job waits, is under way, or comes back later. */
    drained: () =>
      waitFor(
        async () => (await queue.getJobCountByTypes("wait", "active", "delayed", "prioritized")) === 0,
        {
          description: "all jobs have ended",
        },
      ),
    letters: async () => {
      const { body } = await call("GET", "/dead-letters?limit=500");
      return body["items"] as { id: string; jobId: string; code: string; message: string }[];
    },
    /** Events that a workflow has accepted, its start included. */
    accepted: async (id: string) => (await call("GET", `/workflows/${id}`)).body["accepted"],
  };
}
