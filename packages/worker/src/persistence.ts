import type { StopSignal } from "@heddle/core";
import { HeddleError } from "@heddle/protocol";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
/** An error that the store does not declare is a bug or a broken server; after these tries the attempt is left to lapse. */
const MAX_UNDECLARED = 5;

/**
 * Repeats a call to the store until it answers: an outage is no reason to drop finished work. Gives up, rejecting
 * with the last error, when the store says that repeating cannot help, after a few errors it does not declare, and
 * when `stop` is raised (then with its reason, also while a call is under way).
 */
export async function persist<T>(
  call: () => Promise<T>,
  options: { stop: StopSignal; onRetry: (error: unknown, waitMs: number) => void },
): Promise<T> {
  const { stop, onRetry } = options;
  let undeclared = 0;
  for (let tries = 0; ; tries++) {
    stop.throwIfRaised();
    try {
      return await untilStopped(call(), stop);
    } catch (error) {
      stop.throwIfRaised();
      if (error instanceof HeddleError ? !error.retryable : ++undeclared >= MAX_UNDECLARED) throw error;
      const waitMs = retryWaitMs(tries, Math.random());
      onRetry(error, waitMs);
      await pause(waitMs, stop);
    }
  }
}

/** Doubles up to 2 s; half of it is drawn, so that the attempts of a worker do not come back in step. */
export function retryWaitMs(tries: number, random: number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 10));
  return Math.round(full / 2 + (full / 2) * random);
}

/** Rejects with the reason of `stop` when that comes first; the work goes on unheard. */
export async function untilStopped<T>(work: Promise<T>, stop: StopSignal): Promise<T> {
  let stopListening = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stopListening = stop.onRaised(reject);
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    stopListening();
  }
}

/** Ends early when `stop` is raised. */
async function pause(waitMs: number, stop: StopSignal): Promise<void> {
  let end = (): void => undefined;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    const stopListening = stop.onRaised(() => resolve());
    end = () => {
      clearTimeout(timer);
      stopListening();
    };
  });
  end();
}
