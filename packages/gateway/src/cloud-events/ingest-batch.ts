import type { SignalledRun } from "@heddle/core";
import { HeddleError, InvalidArgumentError, UnavailableError } from "@heddle/protocol";

const MOST = 500;

/** Throws `InvalidArgumentError`. */
export function eventsOf(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) throw new InvalidArgumentError("a batch must be a JSON list of events");
  if (body.length <= MOST) return body as unknown[];
  throw new InvalidArgumentError(
    `the batch has ${body.length} events; the limit is ${MOST}, so send several`,
    {
      details: { limit: MOST },
    },
  );
}

/**
 * Ingests one after the other, so that events of one workflow arrive in order. One that is refused does not hold up
 * those behind it. Once the store cannot take any, the rest is not tried: each would wait as long.
 */
export async function ingestInOrder(
  events: readonly unknown[],
  ingest: (event: unknown) => Promise<SignalledRun>,
): Promise<readonly (SignalledRun | HeddleError)[]> {
  const outcomes: (SignalledRun | HeddleError)[] = [];
  let outage: HeddleError | undefined;
  for (const event of events) {
    if (outage !== undefined) {
      outcomes.push(new UnavailableError("not tried after an earlier event of the batch; repeat the batch"));
      continue;
    }
    try {
      outcomes.push(await ingest(event));
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      outcomes.push(error);
      if (error.httpStatus >= 500) outage = error;
    }
  }
  return outcomes;
}
