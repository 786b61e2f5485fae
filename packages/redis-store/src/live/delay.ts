import { setTimeout } from "node:timers/promises";

/** Rejects with the signal's own reason when it aborts. */
export async function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
