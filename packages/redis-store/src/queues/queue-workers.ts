import type { LiveWorkers, WorkerAnnouncement } from "@heddle/core";
import { CorruptRecordError } from "@heddle/protocol";
import { z } from "zod";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<void>(
  {
    name: "announce-worker",
    keys: ["workers", "workerDetails", "queues"],
    args: ["queue", "workerId", "details", "ttlMs"],
    parse: (reply) => {
      if (reply.tag !== "announced") throw reply.unexpected();
    },
  },
  import.meta.url,
);

const detailsSchema = z.object({
  host: z.string(),
  concurrency: z.number(),
  active: z.number(),
  ttlMs: z.number(),
});

export function announceWorker(context: StoreContext, announcement: WorkerAnnouncement): Promise<void> {
  const { queue, workerId, ...details } = announcement;
  const { keys } = context;
  return context.scripts.run(
    script,
    [keys.queueWorkers(queue), keys.queueWorkerDetails(queue), keys.queues],
    [queue, workerId, JSON.stringify(details), details.ttlMs],
  );
}

export async function withdrawWorker(
  context: StoreContext,
  { queue, workerId }: { readonly queue: string; readonly workerId: string },
): Promise<void> {
  const { keys } = context;
  await context.ask((client) => client.zrem(keys.queueWorkers(queue), workerId));
  await context.ask((client) => client.hdel(keys.queueWorkerDetails(queue), workerId));
}

export async function liveWorkers(
  context: StoreContext,
  queue: string,
  { limit }: { readonly limit: number },
): Promise<LiveWorkers> {
  const key = context.keys.queueWorkers(queue);
  const nowMs = context.redisNowMs();
  const [total, seen] = await context.ask((client) =>
    Promise.all([
      client.zcount(key, `(${nowMs}`, "+inf"),
      client.zrevrangebyscore(key, "+inf", `(${nowMs}`, "WITHSCORES", "LIMIT", 0, limit),
    ]),
  );
  const ids = seen.filter((_, index) => index % 2 === 0);
  if (ids.length === 0) return { total, workers: [], nowMs };
  const stored = await context.ask((client) => client.hmget(context.keys.queueWorkerDetails(queue), ...ids));
  const workers = ids.flatMap((id, index) => {
    const text = stored[index];
    // It has left since.
    if (typeof text !== "string") return [];
    const { ttlMs, ...details } = detailsOf(id, text);
    return [{ id, ...details, lastSeenAtMs: Number(seen[2 * index + 1]) - ttlMs }];
  });
  return { total, workers, nowMs };
}

function detailsOf(workerId: string, text: string): z.output<typeof detailsSchema> {
  try {
    return detailsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CorruptRecordError(`what worker "${workerId}" said of itself cannot be read`, {
      details: { workerId },
      cause,
    });
  }
}
