/** Thrown by `withTimeLimit`; the work may still happen. */
export class TimeLimitExceededError extends Error {
  override readonly name = "TimeLimitExceededError";
}

/**
 * Settles as `work` does, or rejects with `TimeLimitExceededError` after `limitMs`. `work` goes on; its late
 * rejection is swallowed.
 */
export async function withTimeLimit<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new TimeLimitExceededError(`${what} took longer than ${limitMs} ms`)),
      limitMs,
    );
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
