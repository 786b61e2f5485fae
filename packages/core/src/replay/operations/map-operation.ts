import { InvalidArgumentError, MapFailedError } from "@heddle/protocol";
import type { MapOptions } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { AnyGenerator, Runtime } from "../runtime.js";
import { checkedBranch } from "./branch.js";
import { FanOut } from "./fan-out.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";
import { settledOf } from "./settled-outcome.js";

type Work = (item: unknown, index: number) => unknown;

/**
 * `ctx.map`: one branch per item, at most `concurrency` at once, results in the order of the items. Without a policy
 * it ends like `all`. With one it gives settled outcomes, and fails as soon as too many items have failed.
 */
export class MapOperation extends RuntimeOperation<unknown> {
  override readonly spawns = true;
  private readonly items: readonly unknown[];
  private readonly concurrency: number;
  /** Absent without a policy. */
  private readonly tolerated: number | undefined;

  constructor(
    items: readonly unknown[],
    private readonly work: Work,
    options: MapOptions = {},
  ) {
    super();
    if (!Array.isArray(items)) throw new InvalidArgumentError("ctx.map takes a list of items");
    if (typeof work !== "function") {
      throw new InvalidArgumentError("ctx.map takes a function that gives the branch of an item");
    }
    // A copy: the list may change while its items wait for their turn.
    this.items = [...(items as readonly unknown[])];
    const { concurrency, minSuccesses, toleratedFailures } = options;
    this.concurrency = count("concurrency", concurrency, { atLeast: 1 }) ?? Number.POSITIVE_INFINITY;
    const needed = count("minSuccesses", minSuccesses, { atLeast: 0 });
    const tolerated = count("toleratedFailures", toleratedFailures, { atLeast: 0 });
    const spare = needed === undefined ? undefined : items.length - needed;
    this.tolerated = lowest(tolerated, spare);
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const { items, work, tolerated, concurrency } = this;
    if (tolerated !== undefined && tolerated < 0) {
      settle({ ok: false, error: tooManyFailures({ items: items.length, failures: 0, tolerated }) });
      return () => undefined;
    }
    const values: unknown[] = items.map(() => undefined);
    const generators = new Set<AnyGenerator>();
    let failures = 0;
    let firstFailure: (Outcome & { ok: false }) | undefined;
    const fanOut = new FanOut(
      runtime,
      {
        count: items.length,
        concurrency,
        branch: (index) =>
          checkedBranch(`what ctx.map got for item ${index}`, work(items[index], index), generators),
        settled: (index, outcome) => {
          values[index] = tolerated === undefined ? outcome.ok && outcome.value : settledOf(outcome);
          if (outcome.ok) return undefined;
          firstFailure ??= outcome;
          if (tolerated === undefined || ++failures <= tolerated) return undefined;
          const cause = firstFailure.error;
          return { ok: false, error: tooManyFailures({ items: items.length, failures, tolerated, cause }) };
        },
        result: () =>
          tolerated === undefined && firstFailure !== undefined ? firstFailure : { ok: true, value: values },
      },
      settle,
    );
    fanOut.advance();
    return (reason) => fanOut.cancel(reason);
  }
}

function tooManyFailures(counts: {
  items: number;
  failures: number;
  tolerated: number;
  cause?: unknown;
}): MapFailedError {
  const { items, failures, tolerated, cause } = counts;
  const minSuccesses = items - tolerated;
  const details = { items, failures, minSuccesses, toleratedFailures: Math.max(tolerated, 0) };
  if (tolerated < 0) {
    return new MapFailedError(
      `ctx.map needs ${minSuccesses} successes and got ${items} items; lower minSuccesses or pass more items`,
      { details },
    );
  }
  return new MapFailedError(
    `${failures} of the ${items} items of ctx.map failed and ${tolerated} may; the cause is the first failure, ` +
      `and the items that had not ended were cancelled`,
    { details, cause },
  );
}

function count(name: string, value: unknown, { atLeast }: { atLeast: number }): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= atLeast) return value;
  throw new InvalidArgumentError(
    `${name} of ctx.map must be a whole number of at least ${atLeast}; correct it or leave it out`,
    { details: { field: name } },
  );
}

function lowest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
