import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";

export interface WaitForOptions {
  /** Names the condition in the error: "the run is completed". */
  readonly description: string;
  /** Default: 10 s. */
  readonly timeoutMs?: number;
  /** Pause between two looks. Default: 10 ms. */
  readonly intervalMs?: number;
}

type Falsy = false | 0 | 0n | "" | null | undefined;

/**
 * Looks until the condition returns something truthy, and returns that. A condition that throws is looked at again, so
 * `expect` may be used inside.
 *
 * @throws Error after timeoutMs, with the description and the last value or error
 */
export async function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  { description, timeoutMs = 10_000, intervalMs = 10 }: WaitForOptions,
): Promise<Exclude<Value, Falsy>> {
  const timeout = new AbortController();
  let lastLook = "the condition has not answered once";
  let lastError: unknown;
  const look = async (): Promise<Exclude<Value, Falsy>> => {
    for (;;) {
      try {
        const value = await condition();
        if (value) return value as Exclude<Value, Falsy>;
        lastLook = `last value: ${inspect(value)}`;
        lastError = undefined;
      } catch (error) {
        lastLook = `last error: ${String(error)}`;
        lastError = error;
      }
      await delay(intervalMs, undefined, { signal: timeout.signal });
    }
  };
  const giveUp = async (): Promise<never> => {
    await delay(timeoutMs, undefined, { signal: timeout.signal });
    throw new Error(`waited ${timeoutMs} ms for: ${description} (${lastLook})`, { cause: lastError });
  };
  try {
    return await Promise.race([look(), giveUp()]);
  } finally {
    timeout.abort();
  }
}
