import type { FastifyReply } from "fastify";
import type { Drain } from "../drain.js";

/** A caller that wants to wait longer asks again. */
export const MAX_WAIT_MS = 60_000;
const DRAINING_WAIT_MS = 1_000;

/**
 * What the action resolves to, or undefined when the wait passed, draining began or the caller went away: then its
 * signal aborts, which ends the wait and not the update.
 */
export async function whileWaiting<Outcome extends object>(
  wait: {
    readonly drain: Pick<Drain, "hasBegun" | "onBegin">;
    readonly reply: FastifyReply;
    readonly waitMs?: number | undefined;
  },
  action: (signal: AbortSignal) => Promise<Outcome>,
): Promise<Outcome | undefined> {
  const { drain, reply, waitMs = MAX_WAIT_MS } = wait;
  const passed = new Error("the wait has passed");
  const ended = new AbortController();
  const end = (): void => ended.abort(passed);
  const timer = setTimeout(end, drain.hasBegun ? Math.min(waitMs, DRAINING_WAIT_MS) : waitMs);
  const forgetDrain = drain.onBegin(end);
  reply.raw.once("close", end);
  try {
    return await action(ended.signal);
  } catch (error) {
    if (error !== passed) throw error;
    return undefined;
  } finally {
    clearTimeout(timer);
    forgetDrain();
    reply.raw.off("close", end);
  }
}
