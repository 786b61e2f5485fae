import {
  assertWorkflowId,
  assertWorkflowType,
  InvalidArgumentError,
  decodeHistoryRecord,
  isClosedStatus,
  NotResettableError,
  WorkflowAlreadyExistsError,
  type Reapply,
  type WorkflowHistory,
} from "@heddle/protocol";
import type { IdSource } from "../id-source.js";
import { pendingWork } from "../replay/pending-work.js";
import { countUntaken } from "../replay/reset-replay.js";
import type { AcceptingStore } from "../store/accepting-store.js";
import type { ImportRunRequest, RepairStore, StoredRun } from "../store/repair-store.js";
import { cutBeforeFailure, cutBehindEvent, keptWork, signalIdsIn, startOf } from "./history-cut.js";
import { inboxFullError } from "./inbox-full.js";
import { keyPurged, notClosed, notFound } from "./refusals.js";
import type { RepeatableCall } from "./repeatable-call.js";
import {
  assertForkOptions,
  assertImportOptions,
  assertResetOptions,
  assertRetryOptions,
  type ForkOptions,
  type ImportOptions,
  type ResetOptions,
  type RetryRunOptions,
} from "./repair-options.js";

export interface RepairedRun {
  readonly workflowId: string;
  readonly runId: string;
}

/**
 * Repairs of runs, over any store. Nothing is written before all input is checked. The run that a call makes is named by
 * its operation id, if it has one: a repetition finds that run, or what became of it, and does nothing.
 */
export class RepairClient {
  constructor(
    private readonly store: RepairStore & Pick<AcceptingStore, "describe" | "workflowIdOfKey">,
    private readonly ids: IdSource,
  ) {}

  newOperationId(): string {
    return this.ids.randomId();
  }
  /** Of the run that an operation makes of this workflow: the same whenever the operation is repeated. */
  runIdOf(operationId: string, workflowId: string): string {
    return this.store.workflowIdOfKey(`${operationId} ${workflowId}`).replace("key-", "");
  }

  /**
   * Lets a run, open or closed, go on as a new one from just behind an event of its history. What came later is cut
   * off; see `docs/repair.md`. Errors: `WorkflowNotFoundError`, `InvalidArgumentError` (no such event),
   * `NotResettableError`.
   */
  reset(workflowId: string, options: ResetOptions, call: RepeatableCall = {}): Promise<RepairedRun> {
    assertWorkflowId(workflowId);
    assertResetOptions(options);
    const { event, reapply = "signals" } = options;
    return this.cut(workflowId, { ...options, reapply }, call, (run) => cutBehindEvent(run.records, event));
  }

  /**
   * Lets a failed run go on from just before the activities or steps whose failure ended it: they are run again, with
   * all their attempts. Errors: `WorkflowNotFoundError`, `NotResettableError` (not failed, or by nothing of that kind).
   */
  retry(workflowId: string, options: RetryRunOptions = {}, call: RepeatableCall = {}): Promise<RepairedRun> {
    assertWorkflowId(workflowId);
    assertRetryOptions(options);
    return this.cut(workflowId, { ...options, reapply: "outcomes" }, call, failedCut);
  }

  /**
   * Makes a new workflow of a run's history up to an event; the original is not touched.
   * Errors: `WorkflowNotFoundError`, `InvalidArgumentError` (no such event), `WorkflowAlreadyExistsError`,
   * `InboxFullError`.
   */
  async fork(workflowId: string, options: ForkOptions, call: RepeatableCall = {}): Promise<RepairedRun> {
    assertWorkflowId(workflowId);
    assertForkOptions(options);
    const { id = this.ids.workflowId(), reason, reapply = "none" } = options;
    const run = await this.store.readRun(workflowId);
    const made = await this.madeBy(call, id);
    if (made !== undefined) return { workflowId: id, runId: made };
    if (run === undefined) throw notFound(workflowId);
    assertRun(run, options.runId);
    const keep = cutBehindEvent(run.records, options.event);
    const records = run.records.slice(0, keep);
    const cutOff = reapply === "none" ? [] : [...run.records.slice(keep), ...(run.cutOff ?? [])];
    return this.importRun({
      ...{ workflowId: id, runId: call.operationId ?? this.ids.randomId(), type: run.header.type },
      version: options.version ?? run.header.version,
      records,
      signals: signalIdsIn([...records, ...cutOff]),
      as: goesOn({ from: run.header, reason, reapply, records, cutOff }),
    });
  }

  /**
   * Takes in a run that was read elsewhere. One that was closed stays so, and repeating that is safe; an open one goes
   * on from the end of its history, as a fork of it would. Errors: `InvalidArgumentError`, `CorruptRecordError`,
   * `WorkflowAlreadyExistsError`, `InboxFullError`.
   */
  async import(
    history: WorkflowHistory,
    options: ImportOptions = {},
    call: RepeatableCall = {},
  ): Promise<RepairedRun> {
    assertImportOptions(options);
    const { id = history.workflowId } = options;
    const { type, version, status, records } = history;
    assertWorkflowId(id);
    assertWorkflowType(type);
    const startedAtMs = startOf(records);
    if (startedAtMs === undefined) {
      throw new InvalidArgumentError(
        `the history of workflow "${history.workflowId}" has no start; export it again`,
        {
          details: { field: "records" },
        },
      );
    }
    const request = { workflowId: id, type, version, records, signals: signalIdsIn(records) };
    if (isClosedStatus(status)) {
      return this.importRun({ ...request, runId: history.runId, createdAtMs: startedAtMs, as: { status } });
    }
    const as = goesOn({ from: history, reason: "imported", reapply: "none", records, cutOff: [] });
    return this.importRun({ ...request, runId: call.operationId ?? this.ids.randomId(), as });
  }

  /**
   * Removes everything of a closed run, as at the end of its retention. Errors: `WorkflowNotFoundError`,
   * `WORKFLOW_NOT_CLOSED`.
   */
  async remove(workflowId: string): Promise<void> {
    assertWorkflowId(workflowId);
    // Each repetition means that the run was reset, replaced or the like between the two calls.
    for (;;) {
      const seen = await this.store.describe(workflowId);
      if (seen === undefined) throw notFound(workflowId);
      if (!isClosedStatus(seen.status)) throw notClosed(workflowId, seen);
      const { outcome } = await this.store.removeRun(seen);
      if (outcome !== "changed") return;
    }
  }

  private async cut(
    workflowId: string,
    options: RetryRunOptions & { readonly reapply: Reapply },
    call: RepeatableCall,
    keepOf: (run: StoredRun) => number,
  ): Promise<RepairedRun> {
    const { reason, version, reapply } = options;
    const newRunId = call.operationId ?? this.ids.randomId();
    let wanted = options.runId;
    // Each repetition means that the run was closed, suspended or the like between the two calls.
    for (;;) {
      const run = await this.store.readRun(workflowId);
      // Asked after the run was read, so that no refusal below is that of a run which this call has made.
      const made = await this.madeBy(call, workflowId);
      if (made !== undefined) return { workflowId, runId: made };
      if (run === undefined) throw notFound(workflowId);
      assertRun(run, wanted);
      const { header: seen, records } = run;
      wanted = seen.runId;
      const keep = keepOf(run);
      const kept = workToKeep(workflowId, records.slice(0, keep));
      const unprocessed = countUntaken([...records, ...(run.cutOff ?? [])]);
      const how = { reason, version, reapply, newRunId };
      const reply = await this.store.resetRun({ workflowId, ...how, seen, keep, kept, unprocessed });
      if (reply.outcome === "reset") return { workflowId, runId: reply.runId };
      if (reply.outcome === "not-found") throw notFound(workflowId);
    }
  }

  /** Run id of the workflow now, when the call was accepted before. */
  private async madeBy({ operationId }: RepeatableCall, workflowId: string): Promise<string | undefined> {
    return operationId === undefined ? undefined : this.store.findMadeRun({ workflowId, runId: operationId });
  }

  private async importRun(request: ImportRunRequest): Promise<RepairedRun> {
    const { workflowId } = request;
    const reply = await this.store.importRun(request);
    switch (reply.outcome) {
      case "imported":
        return { workflowId, runId: reply.runId };
      case "exists":
        throw new WorkflowAlreadyExistsError(
          `workflow "${workflowId}" exists already and is ${reply.status}; give the new workflow another id`,
          { details: { workflowId, runId: reply.runId, status: reply.status, type: reply.type } },
        );
      case "purged":
        throw keyPurged(undefined, workflowId);
      case "inbox-full":
        throw inboxFullError(workflowId, reply);
    }
  }
}

/** A run that goes on from the end of these records. */
function goesOn(run: {
  from: RepairedRun;
  reason: string | undefined;
  reapply: Reapply;
  records: readonly Uint8Array[];
  cutOff: readonly Uint8Array[];
}): ImportRunRequest["as"] {
  const { reason, reapply, records, cutOff } = run;
  const from = { workflowId: run.from.workflowId, runId: run.from.runId };
  if (records.some(usesOffloaded)) {
    throw new NotResettableError(
      `the history of workflow "${from.workflowId}" refers to offloaded values, which a workflow of another id does not ` +
        "have; reset the workflow itself, or fork it from an event before ctx.offload and ctx.load",
      { details: { workflowId: from.workflowId } },
    );
  }
  const unprocessed = countUntaken([...records, ...cutOff]);
  return {
    status: "pending",
    from,
    reason,
    reapply,
    cutOff,
    kept: workToKeep(from.workflowId, records),
    unprocessed,
  };
}

/** Throws `NotResettableError` when the code awaits another run at the cut: its answer goes to the run that asked. */
function workToKeep(workflowId: string, records: readonly Uint8Array[]): ReturnType<typeof keptWork> {
  const { messages, children } = pendingWork(records);
  if (messages.length + children.length > 0) {
    throw new NotResettableError(
      `the history of workflow "${workflowId}" cannot be cut there: its code awaits ` +
        (children.length > 0 ? "a child workflow" : "the answer of another workflow") +
        "; choose an event before that was started, or one behind its end",
      { details: { workflowId } },
    );
  }
  return keptWork(records);
}

function usesOffloaded(data: Uint8Array): boolean {
  const { kind } = decodeHistoryRecord(data);
  return kind === "value-offloaded" || kind === "load-started";
}

function failedCut({ header: { workflowId, runId, status }, records }: StoredRun): number {
  const refused = (why: string): NotResettableError =>
    new NotResettableError(
      `workflow "${workflowId}" cannot be retried: ${why}; reset it to an event of its history`,
      {
        details: { workflowId, runId, status },
      },
    );
  if (status !== "failed") throw refused(`it is ${status}, and only a failed run has a step to run again`);
  const keep = cutBeforeFailure(records);
  if (keep === undefined) throw refused("no activity and no step of it failed, its own code did");
  return keep;
}

/** Throws `NotResettableError` when another run than the wanted one is current: an event is of one history. */
function assertRun({ header: { workflowId, runId } }: StoredRun, wanted: string | undefined): void {
  if (wanted === undefined || wanted === runId) return;
  throw new NotResettableError(
    `workflow "${workflowId}" has gone on as run ${runId}; look at the history of that run and choose again`,
    { details: { workflowId, runId } },
  );
}
