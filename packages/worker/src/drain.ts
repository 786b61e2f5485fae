import { setTimeout as delay } from "node:timers/promises";
import type { ServedQueue } from "./served-queue.js";

/** How long settlements may take once all code has ended or was abandoned. */
const LAST_WORDS_MS = 5_000;

/**
 * Stops fetching, gives running attempts `graceMs` to end, then aborts them and gives them back, uncounted. What cannot
 * be given back, because Redis is away, is cut off: its claim lapses. Resolves when no attempt is left.
 */
export async function drain(
  queues: readonly ServedQueue[],
  options: { graceMs: number; drainAbandonMs: number },
): Promise<void> {
  const idle = () => Promise.all(queues.map((served) => served.idle()));
  const interruptAll = (reason: "draining" | "cut-off") => {
    for (const served of queues) for (const attempt of served.running) attempt.interrupt(reason);
  };
  await Promise.all(queues.map((served) => served.consumer.pause()));
  if (await endsWithin(options.graceMs, idle())) return;
  interruptAll("draining");
  if (await endsWithin(options.drainAbandonMs + LAST_WORDS_MS, idle())) return;
  interruptAll("cut-off");
  await idle();
}

async function endsWithin(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const limit = new AbortController();
  const late = delay(limitMs, false, { signal: limit.signal }).catch(() => false);
  const isDone = await Promise.race([work.then(() => true), late]);
  limit.abort();
  return isDone;
}
