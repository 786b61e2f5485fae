import { HeddleError } from "@heddle/protocol";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
/** An error that the store does not declare is a bug or a broken server; after these tries the attempt is left to lapse. */
const MAX_UNDECLARED = 5;

/**
 * Repeats a call to the store until it answers: an outage is no reason to drop finished work. Gives up, rejecting
 * with the last error, when the store says that repeating cannot help, after a few errors it does not declare, and
 * when `stop` aborts (then with its reason, also while a call is under way).
 */
export async function persist<T>(
  call: () => Promise<T>,
  options: { stop: AbortSignal; onRetry: (error: unknown, waitMs: number) => void },
): Promise<T> {
  const { stop, onRetry } = options;
  let undeclared = 0;
  for (let tries = 0; ; tries++) {
    stop.throwIfAborted();
    try {
      return await untilAborted(call(), stop);
    } catch (error) {
      stop.throwIfAborted();
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
export function untilAborted<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(reasonOf(stop));
    if (stop.aborted) abort();
    stop.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => stop.removeEventListener("abort", abort));
  });
}

/** Ends early when `stop` aborts. */
function pause(waitMs: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    stop.addEventListener("abort", done, { once: true });
  });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
