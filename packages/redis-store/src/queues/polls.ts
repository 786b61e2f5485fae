import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const LIFETIME_MS = 7 * 24 * 3_600_000;

const script = defineScript<void>(
  {
    name: "note-poll",
    keys: ["pollers", "polledQueues"],
    args: ["label", "poller", "lifetimeMs"],
    parse: (reply) => {
      if (reply.tag !== "noted") throw reply.unexpected();
    },
  },
  import.meta.url,
);

export function notePoll(
  { keys, scripts }: StoreContext,
  { queue, label, poller }: { readonly queue: string; readonly label: string; readonly poller: string },
): Promise<void> {
  return scripts.run(script, [keys.pollers(queue), keys.polledQueues], [label, poller, LIFETIME_MS]);
}

export async function lastPollAtMs(
  context: StoreContext,
  queue: string,
): Promise<{ readonly atMs: number; readonly nowMs: number } | undefined> {
  const [, score] = await context.ask((client) =>
    client.zrange(context.keys.pollers(queue), "-1", "-1", "WITHSCORES"),
  );
  return score === undefined ? undefined : { atMs: Number(score), nowMs: context.redisNowMs() };
}

export function polledQueues(context: StoreContext): Promise<readonly string[]> {
  return context.ask((client) => client.zrange(context.keys.polledQueues, "0", "-1"));
}

export async function pollersOf(
  context: StoreContext,
  queue: string,
): Promise<readonly { readonly poller: string; readonly atMs: number }[]> {
  const found = await context.ask((client) =>
    client.zrevrangebyscore(context.keys.pollers(queue), "+inf", "-inf", "WITHSCORES"),
  );
  return found
    .filter((_, index) => index % 2 === 0)
    .map((poller, index) => ({ poller, atMs: Number(found[2 * index + 1]) }));
}
