import {
  assertName,
  assertSignalId,
  InvalidArgumentError,
  OPEN_STATUSES,
  type WorkflowStatus,
  type WorkflowSummary,
} from "@heddle/protocol";
import type { SignalHandle } from "@heddle/workflow";
import type {
  BulkForkOptions,
  BulkOptions,
  BulkOutcome,
  BulkReasonOptions,
  BulkResetOptions,
  BulkRetryOptions,
  BulkSummary,
  BulkTarget,
} from "./bulk-options.js";
import type { RunFilterOptions } from "./call-options.js";
import { errorOfReply } from "./http/problem.js";
import { randomId } from "./http/random-id.js";
import type { ReplyBody } from "./http/reply-body.js";
import type { WorkflowCalls } from "./workflow-calls.js";
import { nameOf } from "./workflow-handle.js";

const SAMPLE = 20;
const MAX_FAILURES = 100;
/** Runs of one request; the gateway takes no more. */
const BATCH = 100;

type Operation = "cancel" | "terminate" | "signal" | "retry" | "reset" | "fork";

/** The statuses that an operation looks at unless its filter names others. */
const STATUSES_OF: Readonly<Partial<Record<Operation, readonly WorkflowStatus[]>>> = {
  cancel: OPEN_STATUSES,
  terminate: OPEN_STATUSES,
  signal: OPEN_STATUSES,
  retry: ["failed"],
};

/** Which of its events a run is cut behind and the like; `undefined` leaves the run alone. */
type Choose = (run: WorkflowSummary) => Promise<BulkTarget | undefined>;

/**
 * One operation on all workflows that match a filter, as `HeddleClient.list` takes it: newest first, and none that starts
 * later. It goes page by page: the runs are listed, and the gateway is told which of them it is about. A request whose
 * answer is lost is sent again and answered alike, so outcomes are told of every run. To carry on after an interruption,
 * repeat the call with the same `operationId`.
 */
export class Bulk {
  constructor(private readonly calls: WorkflowCalls) {}

  /** Asks all open ones to cancel. */
  cancel(filter: RunFilterOptions, options: BulkReasonOptions = {}): Promise<BulkSummary> {
    return this.each("cancel", filter, options, { reason: options.reason });
  }
  /** Closes all open ones, without their code. */
  terminate(filter: RunFilterOptions, options: BulkReasonOptions = {}): Promise<BulkSummary> {
    return this.each("terminate", filter, options, { reason: options.reason });
  }

  signal<Payload>(
    filter: RunFilterOptions,
    signal: SignalHandle<Payload>,
    payload: Payload,
    options?: BulkOptions,
  ): Promise<BulkSummary>;
  signal(
    filter: RunFilterOptions,
    signal: string,
    payload?: unknown,
    options?: BulkOptions,
  ): Promise<BulkSummary>;
  /** Signals all open ones, each once per `operationId`. */
  async signal(
    filter: RunFilterOptions,
    signal: { readonly name: string } | string,
    payload?: unknown,
    options: BulkOptions = {},
  ): Promise<BulkSummary> {
    const name = nameOf(signal);
    assertName(name, "signal name");
    return this.each("signal", filter, options, { name, payload });
  }

  /** `WorkflowHandle.reset` of all, each to its own event. */
  reset(filter: RunFilterOptions, options: BulkResetOptions): Promise<BulkSummary> {
    const { reason, reapply, version } = options;
    return this.each("reset", filter, options, { reason, reapply, version }, (run) =>
      this.cutOf(run, options),
    );
  }
  /** `WorkflowHandle.retry` of all failed ones; those that cannot be retried are skipped. */
  retry(filter: RunFilterOptions, options: BulkRetryOptions = {}): Promise<BulkSummary> {
    const { reason, version } = options;
    return this.each("retry", filter, options, { reason, version });
  }
  /** `WorkflowHandle.fork` of all, each from its own event. */
  fork(filter: RunFilterOptions, options: BulkForkOptions): Promise<BulkSummary> {
    const { reason, reapply, version, idOf } = options;
    return this.each("fork", filter, options, { reason, reapply, version }, async (run) => {
      const target = await this.cutOf(run, options);
      return target && { ...target, newId: idOf?.(run) };
    });
  }

  private async each(
    operation: Operation,
    filter: RunFilterOptions,
    options: BulkOptions,
    fields: object,
    choose: Choose = ({ id, runId }) => Promise.resolve({ id, runId }),
  ): Promise<BulkSummary> {
    const { dryRun = false, operationId = randomId(), limit = Number.POSITIVE_INFINITY, signal } = options;
    assertSignalId(operationId);
    assertLimit(limit);
    const wanted = { ...filter, status: filter.status ?? STATUSES_OF[operation], signal };
    const first = await this.calls.list({ ...wanted, limit: Math.min(SAMPLE, limit) });
    const summary = { operationId, dryRun, sample: first.items };
    if (dryRun) {
      const matched = Math.min(first.total, limit);
      return { ...summary, matched, done: 0, skipped: 0, failed: 0, failures: [] };
    }
    const counts = { matched: 0, done: 0, skipped: 0, failed: 0 };
    const failures: BulkOutcome[] = [];
    const tell = (outcome: BulkOutcome): void => {
      counts.matched++;
      counts[outcome.outcome]++;
      if (outcome.outcome === "failed" && failures.length < MAX_FAILURES) failures.push(outcome);
      options.onOutcome?.(outcome);
    };
    let left = limit;
    let cursor: string | undefined;
    do {
      const page = await this.calls.list({ ...wanted, limit: Math.min(BATCH, left), cursor });
      const chosen = await this.chosen(page.items, choose, tell, signal);
      if (chosen.length > 0) {
        const request = { ...fields, runs: chosen, operationId, concurrency: options.concurrency };
        const outcomes = await this.calls.repair.applyToRuns(operation, request, signal);
        for (const outcome of outcomes) tell(outcomeFrom(outcome));
      }
      left -= page.items.length;
      cursor = page.cursor;
    } while (cursor !== undefined && left > 0);
    return { ...summary, ...counts, failures };
  }

  /** One after the other: a history may be large. */
  private async chosen(
    runs: readonly WorkflowSummary[],
    choose: Choose,
    tell: (outcome: BulkOutcome) => void,
    signal: AbortSignal | undefined,
  ): Promise<readonly BulkTarget[]> {
    const targets: BulkTarget[] = [];
    for (const run of runs) {
      const { id, runId } = run;
      try {
        const target = await choose(run);
        if (target === undefined) tell({ id, runId, outcome: "skipped" });
        else targets.push(target);
      } catch (error) {
        signal?.throwIfAborted();
        tell({ id, runId, outcome: "failed", error });
      }
    }
    return targets;
  }

  private async cutOf(
    { id, runId }: WorkflowSummary,
    { event, signal }: BulkResetOptions,
  ): Promise<BulkTarget | undefined> {
    const index = typeof event === "number" ? event : event(await this.calls.history(id, { signal }));
    return index === undefined ? undefined : { id, runId, event: index };
  }
}

function outcomeFrom(body: ReplyBody): BulkOutcome {
  const error = body.get("error");
  return {
    id: body.text("id"),
    runId: body.text("runId"),
    outcome: body.oneOf("outcome", ["done", "skipped", "failed"]),
    ...(error === undefined ? {} : { error: errorOfReply({ status: 200, body: error }) }),
  };
}

function assertLimit(limit: number): void {
  if (limit === Number.POSITIVE_INFINITY || (Number.isInteger(limit) && limit >= 1)) return;
  throw new InvalidArgumentError(`limit is ${limit}; it must be a whole number from 1`, {
    details: { field: "limit" },
  });
}
