import type { StoreContext } from "../store-context.js";

/** How long a queue that nobody uses any more stays known. */
const KNOWN_MS = 7 * 24 * 3_600_000;
/** Of how many queues names are returned. */
const MOST_QUEUES = 1_000;

export async function noteQueue(context: StoreContext, queue: string): Promise<void> {
  const { queues } = context.keys;
  const nowMs = context.redisNowMs();
  await context.ask((client) => client.zadd(queues, nowMs, queue));
  await context.ask((client) => client.zremrangebyscore(queues, "-inf", nowMs - KNOWN_MS));
}

export async function queueNames(context: StoreContext): Promise<readonly string[]> {
  const { queues } = context.keys;
  const oldestMs = context.redisNowMs() - KNOWN_MS;
  const names = await context.ask((client) =>
    client.zrevrangebyscore(queues, "+inf", oldestMs, "LIMIT", 0, MOST_QUEUES),
  );
  return names.sort((left, right) => (left < right ? -1 : 1));
}

export async function isQueueKnown(context: StoreContext, queue: string): Promise<boolean> {
  return (await context.ask((client) => client.zscore(context.keys.queues, queue))) !== null;
}
