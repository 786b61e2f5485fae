import type { PaginatedResult, WorkflowSummary } from "@heddle/protocol";
import {
  applyTo,
  assertBulkOperation,
  type BulkOperation,
  type BulkTarget,
  outcomeOf,
  STATUSES_OF,
} from "./bulk-operation.js";
import {
  assertBulkOptions,
  type BulkForkOptions,
  type BulkOptions,
  type BulkOutcome,
  type BulkResetOptions,
  type BulkSummary,
} from "./bulk-options.js";
import { MAX_PAGE } from "./list.js";
import type { RunFilterOptions } from "./run-filter.js";
import type { WorkflowClient } from "./workflow-client.js";

const SAMPLE = 20;
const MAX_FAILURES = 100;
const CONCURRENCY = 10;

/** Which of its events a run is cut behind and the like; `undefined` leaves the run alone. */
type Choose = (run: WorkflowSummary) => Promise<BulkTarget | undefined>;

/**
 * One operation on many runs. Runs that start after it began are not touched: it goes from the newest run that it found
 * to older ones. Each run is an operation of its own, whose outcome is told; none is tried twice.
 */
export class BulkClient {
  constructor(private readonly client: WorkflowClient) {}

  /** Asks all open runs that match to cancel. */
  cancel(
    filter: RunFilterOptions,
    options: BulkOptions & { readonly reason?: string } = {},
  ): Promise<BulkSummary> {
    assertBulkOptions(options, "cancel", ["reason"]);
    return this.each(filter, options, { kind: "cancel", reason: options.reason });
  }

  /** Closes all open runs that match, without their code. */
  terminate(
    filter: RunFilterOptions,
    options: BulkOptions & { readonly reason?: string } = {},
  ): Promise<BulkSummary> {
    assertBulkOptions(options, "terminate", ["reason"]);
    return this.each(filter, options, { kind: "terminate", reason: options.reason });
  }

  /** Signals all open runs that match; the signal id is that of the operation. */
  async signal(
    filter: RunFilterOptions,
    signal: { readonly name: string } | string,
    payload?: unknown,
    options: BulkOptions = {},
  ): Promise<BulkSummary> {
    assertBulkOptions(options, "signal");
    const name = typeof signal === "string" ? signal : signal.name;
    return this.each(filter, options, { kind: "signal", name, payload });
  }

  /** Resets all runs that match; see `RepairClient.reset`. */
  reset(filter: RunFilterOptions, options: BulkResetOptions): Promise<BulkSummary> {
    assertBulkOptions(options, "reset", ["event", "reason", "reapply", "version"]);
    const { event, reason, reapply, version } = options;
    const operation: BulkOperation = { kind: "reset", reason, reapply, version };
    return this.each(filter, options, operation, (run) => this.cutOf(run, event));
  }

  /** Retries all failed runs that match; see `RepairClient.retry`. */
  retry(
    filter: RunFilterOptions,
    options: BulkOptions & { readonly reason?: string; readonly version?: string } = {},
  ): Promise<BulkSummary> {
    assertBulkOptions(options, "retry", ["reason", "version"]);
    const { reason, version } = options;
    return this.each(filter, options, { kind: "retry", reason, version });
  }

  /** Forks all runs that match; see `RepairClient.fork`. */
  fork(filter: RunFilterOptions, options: BulkForkOptions): Promise<BulkSummary> {
    assertBulkOptions(options, "fork", ["event", "reason", "reapply", "version", "idOf"]);
    const { event, reason, reapply, version, idOf } = options;
    const operation: BulkOperation = { kind: "fork", reason, reapply, version };
    return this.each(filter, options, operation, async (run) => {
      const target = await this.cutOf(run, event);
      return target && { ...target, newId: idOf?.(run) };
    });
  }

  /** Throws `InvalidArgumentError` for what `apply` would refuse. */
  check(
    operation: BulkOperation,
    options: Pick<BulkOptions, "concurrency" | "signal" | "operationId">,
  ): void {
    assertBulkOptions(options, operation.kind);
    assertBulkOperation(operation);
  }

  /** A page of the runs that an operation looks at, for callers that go on by themselves; see `apply`. */
  list(
    kind: BulkOperation["kind"],
    filter: RunFilterOptions,
    page: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
  ): Promise<PaginatedResult<WorkflowSummary>> {
    return this.client.list({ ...filter, status: filter.status ?? STATUSES_OF[kind], ...page });
  }

  /**
   * Does it to these runs; outcomes in their order. Repeating it with the same operation id does nothing twice and tells
   * the same, also of runs that it has closed. Only a cancelled run that has ended by then is told as skipped.
   */
  async apply(
    targets: readonly BulkTarget[],
    operation: BulkOperation,
    options: Pick<BulkOptions, "concurrency" | "signal"> & { readonly operationId: string },
  ): Promise<readonly BulkOutcome[]> {
    this.check(operation, options);
    const outcomes: BulkOutcome[] = [];
    await sharedOut(targets.entries(), options, async ([index, target]) => {
      const act = () => applyTo(this.client, operation, target, options.operationId);
      outcomes[index] = await outcomeOf(target, act);
    });
    return outcomes;
  }

  newOperationId(): string {
    return this.client.repair.newOperationId();
  }

  private async each(
    filter: RunFilterOptions,
    options: BulkOptions,
    operation: BulkOperation,
    choose: Choose = ({ id, runId }) => Promise.resolve({ id, runId }),
  ): Promise<BulkSummary> {
    assertBulkOperation(operation);
    const { dryRun = false, limit = Number.POSITIVE_INFINITY } = options;
    const operationId = options.operationId ?? this.newOperationId();
    const first = await this.list(operation.kind, filter, { limit: Math.min(SAMPLE, limit) });
    const summary = { operationId, dryRun, sample: first.items };
    if (dryRun) {
      const matched = Math.min(first.total, limit);
      return { ...summary, matched, done: 0, skipped: 0, failed: 0, failures: [] };
    }
    const counts = { matched: 0, done: 0, skipped: 0, failed: 0 };
    const failures: BulkOutcome[] = [];
    await sharedOut(this.runs(operation.kind, filter, limit), options, async (run) => {
      const outcome = await outcomeOf(run, async () => {
        const target = await choose(run);
        return target === undefined ? "skipped" : applyTo(this.client, operation, target, operationId);
      });
      counts.matched++;
      counts[outcome.outcome]++;
      if (outcome.outcome === "failed" && failures.length < MAX_FAILURES) failures.push(outcome);
      options.onOutcome?.(outcome);
    });
    return { ...summary, ...counts, failures };
  }

  private async cutOf(
    { id, runId }: WorkflowSummary,
    event: BulkResetOptions["event"],
  ): Promise<BulkTarget | undefined> {
    const index = typeof event === "number" ? event : event(await this.client.history(id));
    return index === undefined ? undefined : { id, runId, event: index };
  }

  private async *runs(
    kind: BulkOperation["kind"],
    filter: RunFilterOptions,
    limit: number,
  ): AsyncGenerator<WorkflowSummary, void> {
    let left = limit;
    let cursor: string | undefined;
    do {
      const page = await this.list(kind, filter, { limit: Math.min(MAX_PAGE, left), cursor });
      yield* page.items;
      left -= page.items.length;
      cursor = page.cursor;
    } while (cursor !== undefined && left > 0);
  }
}

/** Several take from one iterator, which hands each item to one of them. */
async function sharedOut<Item>(
  items: Iterator<Item> | AsyncIterator<Item>,
  { concurrency = CONCURRENCY, signal }: Pick<BulkOptions, "concurrency" | "signal">,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const take = async (): Promise<void> => {
    for (let next = await items.next(); next.done !== true; next = await items.next()) {
      signal?.throwIfAborted();
      await work(next.value);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, take));
}
