import {
  assertName,
  NotResettableError,
  OPEN_STATUSES,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
  type WorkflowSummary,
} from "@heddle/protocol";
import {
  assertBulkOptions,
  type BulkForkOptions,
  type BulkOptions,
  type BulkOutcome,
  type BulkResetOptions,
  type BulkSummary,
  type EventOf,
} from "./bulk-options.js";
import type { HistoryEntry } from "./history-view.js";
import { MAX_PAGE } from "./list.js";
import type { RunFilterOptions } from "./run-filter.js";
import type { WorkflowClient } from "./workflow-client.js";

const SAMPLE = 20;
const MAX_FAILURES = 100;

/** What an operation does to one run; "skipped" when it has nothing to do. */
type Act = (run: WorkflowSummary, operationId: string) => Promise<"done" | "skipped">;

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
    return this.each(openOnly(filter), options, async ({ id }) => {
      await this.client.cancel(id, reasonOf(options));
      return "done";
    });
  }

  /** Closes all open runs that match, without their code. */
  terminate(
    filter: RunFilterOptions,
    options: BulkOptions & { readonly reason?: string } = {},
  ): Promise<BulkSummary> {
    assertBulkOptions(options, "terminate", ["reason"]);
    return this.each(openOnly(filter), options, async ({ id }) => {
      await this.client.terminate(id, reasonOf(options));
      return "done";
    });
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
    assertName(name, "signal name");
    return this.each(openOnly(filter), options, async ({ id }, operationId) => {
      await this.client.signal(id, name, payload, { signalId: operationId });
      return "done";
    });
  }

  /** Resets all runs that match; see `RepairClient.reset`. */
  reset(filter: RunFilterOptions, options: BulkResetOptions): Promise<BulkSummary> {
    assertBulkOptions(options, "reset", ["event", "reason", "reapply", "version"]);
    const { reason, reapply, version } = options;
    return this.each(filter, options, async (run, operationId) => {
      const event = eventOf(options.event, await this.client.history(run.id));
      if (event === undefined) return "skipped";
      const ids = { runId: this.client.repair.runIdOf(operationId, run.id) };
      await this.client.repair.reset(run.id, { event, reason, reapply, version }, ids);
      return "done";
    });
  }

  /** Retries all failed runs that match; see `RepairClient.retry`. */
  retry(
    filter: RunFilterOptions,
    options: BulkOptions & { readonly reason?: string; readonly version?: string } = {},
  ): Promise<BulkSummary> {
    assertBulkOptions(options, "retry", ["reason", "version"]);
    const { reason, version } = options;
    return this.each({ status: "failed", ...filter }, options, async ({ id }, operationId) => {
      await this.client.repair.retry(
        id,
        { reason, version },
        { runId: this.client.repair.runIdOf(operationId, id) },
      );
      return "done";
    });
  }

  /** Forks all runs that match; see `RepairClient.fork`. */
  fork(filter: RunFilterOptions, options: BulkForkOptions): Promise<BulkSummary> {
    assertBulkOptions(options, "fork", ["event", "reason", "reapply", "version", "idOf"]);
    const { reason, reapply, version, idOf } = options;
    return this.each(filter, options, async (run, operationId) => {
      const history = await this.client.history(run.id);
      // A repetition finds the forks of the first time among the rest.
      if (history.some((entry) => this.isForkOf(operationId, entry))) return "skipped";
      const event = eventOf(options.event, history);
      if (event === undefined) return "skipped";
      const runId = this.client.repair.runIdOf(operationId, run.id);
      const id = idOf?.(run) ?? `fork-${runId}`;
      await this.client.repair.fork(run.id, { event, id, reason, reapply, version }, { runId });
      return "done";
    });
  }

  private isForkOf(operationId: string, { kind, runId, fromWorkflowId }: HistoryEntry): boolean {
    return (
      kind === "reset" &&
      typeof fromWorkflowId === "string" &&
      runId === this.client.repair.runIdOf(operationId, fromWorkflowId)
    );
  }

  private async each(filter: RunFilterOptions, options: BulkOptions, act: Act): Promise<BulkSummary> {
    const { dryRun = false, concurrency = 10, limit = Number.POSITIVE_INFINITY } = options;
    const operationId = options.operationId ?? this.client.repair.newOperationId();
    const first = await this.client.list({ ...filter, limit: Math.min(SAMPLE, limit) });
    const summary = { operationId, dryRun, sample: first.items };
    if (dryRun) {
      const matched = Math.min(first.total, limit);
      return { ...summary, matched, done: 0, skipped: 0, failed: 0, failures: [] };
    }
    const counts = { matched: 0, done: 0, skipped: 0, failed: 0 };
    const failures: BulkOutcome[] = [];
    const runs = this.runs(filter, limit);
    const work = async (): Promise<void> => {
      // Several take from one generator, which hands each run to one of them.
      for (let next = await runs.next(); next.done !== true; next = await runs.next()) {
        options.signal?.throwIfAborted();
        const run = next.value;
        const outcome = await outcomeOf(run, () => act(run, operationId));
        counts.matched++;
        counts[outcome.outcome]++;
        if (outcome.outcome === "failed" && failures.length < MAX_FAILURES) failures.push(outcome);
        options.onOutcome?.(outcome);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return { ...summary, ...counts, failures };
  }

  private async *runs(filter: RunFilterOptions, limit: number): AsyncGenerator<WorkflowSummary, void> {
    let left = limit;
    let cursor: string | undefined;
    do {
      const page = await this.client.list({ ...filter, limit: Math.min(MAX_PAGE, left), cursor });
      yield* page.items;
      left -= page.items.length;
      cursor = page.cursor;
    } while (cursor !== undefined && left > 0);
  }
}

async function outcomeOf(
  { id, runId }: WorkflowSummary,
  act: () => Promise<"done" | "skipped">,
): Promise<BulkOutcome> {
  try {
    return { id, runId, outcome: await act() };
  } catch (error) {
    const isPast =
      error instanceof WorkflowNotRunningError ||
      error instanceof WorkflowNotFoundError ||
      error instanceof NotResettableError;
    return { id, runId, outcome: isPast ? "skipped" : "failed", error };
  }
}

function eventOf(event: number | EventOf, history: readonly HistoryEntry[]): number | undefined {
  return typeof event === "number" ? event : event(history);
}

function openOnly(filter: RunFilterOptions): RunFilterOptions {
  return { status: OPEN_STATUSES, ...filter };
}

function reasonOf({ reason }: { readonly reason?: string }): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
