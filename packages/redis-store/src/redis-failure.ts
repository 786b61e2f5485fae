import { HeddleError, OutcomeUnknownError, StorageFullError, UnavailableError } from "@heddle/protocol";

/** Says what a failed call means: refused by Redis, never sent, or unknown. */
export function explainFailure(error: Error, mayBeSent: boolean): Error {
  if (error instanceof HeddleError) return error;
  forgetArguments(error);
  if (/^(OOM|MISCONF)/.test(error.message)) {
    return new StorageFullError(
      "Redis refuses writes (memory or disk is full); nothing was written, repeat later",
      { cause: error },
    );
  }
  if (
    /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|BUSY|TRYAGAIN|NOAUTH|WRONGPASS|NOPERM)/.test(
      error.message,
    )
  ) {
    return new UnavailableError("Redis cannot take the call now; nothing was written, repeat later", {
      cause: error,
    });
  }
  if (error.name === "ReplyError") return error;
  return mayBeSent ? outcomeUnknown("the connection was lost", error) : unavailable("not connected", error);
}

/** The client hangs the command on its errors; its arguments are users' values, which belong in no log. */
function forgetArguments(error: Error & { command?: unknown }): void {
  delete error.command;
}

/** Whether the caller may wait the failure out: what is wrong for good is not. */
export function isRetryable(error: unknown): boolean {
  return typeof error === "object" && error !== null && "retryable" in error && error.retryable === true;
}

/**
 * Bounds commands that are safe to repeat, such as reads: whatever goes wrong on the way, `UnavailableError`
 * tells the caller to ask again.
 */
export async function askWithin<Answer>(timeoutMs: number, ask: () => Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([ask(), timeout]);
  } catch (error) {
    throw explainFailure(error as Error, false);
  } finally {
    clearTimeout(timer);
  }
}

export function outcomeUnknown(problem: string, cause?: Error): OutcomeUnknownError {
  if (cause !== undefined) forgetArguments(cause);
  return new OutcomeUnknownError(
    `Redis did not answer (${problem}); the call may have been applied, repeat it with the same ids`,
    { cause },
  );
}

function unavailable(problem: string, cause?: Error): UnavailableError {
  return new UnavailableError(`Redis cannot be reached (${problem}); nothing was sent, repeat later`, {
    cause,
  });
}
