import type { AttributeChanges } from "@heddle/protocol";
import type { CallArguments, QueryHandle, SignalHandle, UpdateHandle } from "@heddle/workflow";
import { AcceptedUpdateHandle } from "./accepted-update-handle.js";
import type { CallOptions, QueryOptions, SignalOptions, StopOptions, UpdateOptions } from "./call-options.js";
import type { FollowedEntry, HistoryEntry } from "./history-entry.js";
import { followHistory } from "./live-calls.js";
import type { ForkOptions, ResetOptions, RetryRunOptions } from "./repair-options.js";
import type { RunDescription } from "./run-description.js";
import type { SignalAcknowledgement, WorkflowCalls } from "./workflow-calls.js";

/** One workflow, as callers hold it. Cheap: it keeps ids, no connection and no state. */
export class WorkflowHandle<Output = unknown> {
  constructor(
    private readonly calls: WorkflowCalls,
    readonly id: string,
    /** The run that this handle was made for; `undefined` when it was made from an id alone. */
    readonly runId: string | undefined,
  ) {}

  /**
   * The workflow's return value as JSON, as soon as it has one; waits with long polls. Rejects with
   * `WorkflowFailedError` (whose `cause` is the workflow's own error), `WorkflowCancelledError`,
   * `WorkflowTerminatedError`, `WorkflowTimedOutError` or `WorkflowNotFoundError`.
   */
  async result(options: CallOptions = {}): Promise<Output> {
    return (await this.calls.result(this.id, { ...options, runId: this.runId })) as Output;
  }

  signal<Payload>(
    signal: SignalHandle<Payload>,
    ...rest: CallArguments<Payload, SignalOptions>
  ): Promise<SignalAcknowledgement>;
  signal(signal: string, payload?: unknown, options?: SignalOptions): Promise<SignalAcknowledgement>;
  /** Resolves when the signal is accepted, without waiting for the workflow. */
  signal(signal: { name: string } | string, payload?: unknown, options: SignalOptions = {}) {
    return this.calls.signal(this.id, nameOf(signal), payload, options);
  }

  query<Input, Answer>(
    query: QueryHandle<Input, Answer>,
    ...rest: CallArguments<Input, QueryOptions>
  ): Promise<Awaited<Answer> | undefined>;
  query(query: string, input?: unknown, options?: QueryOptions): Promise<unknown>;
  /** `undefined` when the workflow is suspended or closed or has no such query; with `strict` the reason is thrown. */
  query(query: { name: string } | string, input?: unknown, options: QueryOptions = {}) {
    return this.calls.query(this.id, nameOf(query), input, options);
  }

  update<Input, Result>(
    update: UpdateHandle<Input, Result>,
    ...rest: CallArguments<Input, UpdateOptions>
  ): Promise<Result>;
  update(update: string, input?: unknown, options?: UpdateOptions): Promise<unknown>;
  /**
   * Has the workflow take an update; resolves to what its handler returns. Errors: `UpdateRejectedError`,
   * `UpdateNotFoundError`, `UpdateFailedError`, `UpdateNotCompletedError`, `UpdateResultForgottenError`,
   * `WorkflowNotFoundError`, `WorkflowNotRunningError`, `InboxFullError`, `PayloadTooLargeError`.
   */
  update(update: { name: string } | string, input?: unknown, options: UpdateOptions = {}) {
    return this.calls.update(this.id, nameOf(update), input, options);
  }

  startUpdate<Input, Result>(
    update: UpdateHandle<Input, Result>,
    ...rest: CallArguments<Input, UpdateOptions>
  ): Promise<AcceptedUpdateHandle<Result>>;
  startUpdate(update: string, input?: unknown, options?: UpdateOptions): Promise<AcceptedUpdateHandle>;
  /** Resolves as soon as the workflow has accepted the update. Errors: those of `update`. */
  async startUpdate(update: { name: string } | string, input?: unknown, options: UpdateOptions = {}) {
    const accepted = await this.calls.startUpdate(this.id, nameOf(update), input, options);
    return new AcceptedUpdateHandle(this.calls, accepted);
  }

  /** Asks the code to stop; it sees a `CancelledError` at its next `yield*`. */
  cancel(options: StopOptions = {}): Promise<void> {
    return this.calls.cancel(this.id, options);
  }
  /** Closes the workflow at once; its code does not run any more. */
  terminate(options: StopOptions = {}): Promise<void> {
    return this.calls.terminate(this.id, options);
  }
  suspend(options: CallOptions = {}): Promise<void> {
    return this.calls.suspend(this.id, options);
  }
  resume(options: CallOptions = {}): Promise<void> {
    return this.calls.resume(this.id, options);
  }
  /**
   * Sets search attributes, or removes those given as null; the others stay. The code is not told. Errors:
   * `WorkflowNotFoundError`, `WorkflowNotRunningError`, `InvalidArgumentError` (also past 32 attributes).
   */
  setAttributes(attributes: AttributeChanges, options: CallOptions = {}): Promise<void> {
    return this.calls.search.setAttributes(this.id, attributes, options);
  }
  /**
   * Lets the workflow, open or closed, go on as a new run from just behind an event of its history. Resolves to a handle
   * of the new run, when the reset is accepted. Errors: `InvalidArgumentError` (no such event), `NotResettableError`,
   * `WorkflowNotFoundError`.
   */
  async reset(options: ResetOptions): Promise<WorkflowHandle<Output>> {
    return this.of(await this.calls.repair.reset(this.id, options));
  }
  /**
   * Lets a failed workflow go on from the activities or steps whose failure ended it; they are run again.
   * Errors: `NotResettableError` (not failed, or by its own code alone), `WorkflowNotFoundError`.
   */
  async retry(options: RetryRunOptions = {}): Promise<WorkflowHandle<Output>> {
    return this.of(await this.calls.repair.retry(this.id, options));
  }
  /**
   * Makes a new workflow that goes on from just behind an event of this one, which is not touched. Errors:
   * `InvalidArgumentError` (no such event), `WorkflowAlreadyExistsError`, `WorkflowNotFoundError`, `InboxFullError`.
   */
  async fork(options: ForkOptions): Promise<WorkflowHandle<Output>> {
    return this.of(await this.calls.repair.fork(this.id, options));
  }
  describe(options: CallOptions = {}): Promise<RunDescription> {
    return this.calls.describe(this.id, options);
  }
  /** What happened, oldest first. */
  history(options: CallOptions = {}): Promise<readonly HistoryEntry[]> {
    return this.calls.history(this.id, options);
  }
  /**
   * The history from its beginning, each record once and in order as it is written, until the workflow is closed; goes on
   * with the run that it continues as, and over as many connections as it takes. Rejects with `WorkflowNotFoundError`.
   */
  followHistory(options: CallOptions = {}): AsyncGenerator<FollowedEntry, void, undefined> {
    return followHistory(this.calls.transport, this.id, { ...options, runId: this.runId });
  }
  /** The current run with its history, as JSON text that keeps every payload; for `HeddleClient.importHistory`. */
  exportHistory(options: CallOptions = {}): Promise<string> {
    return this.calls.repair.exportHistory(this.id, options);
  }

  private of(run: { readonly workflowId: string; readonly runId: string }): WorkflowHandle<Output> {
    return new WorkflowHandle<Output>(this.calls, run.workflowId, run.runId);
  }
}

/** A handle that also tells what `startOrSignal` did. */
export class SignalledWorkflowHandle<Output = unknown> extends WorkflowHandle<Output> {
  constructor(
    calls: WorkflowCalls,
    run: { workflowId: string; runId: string; outcome: "started" | "signalled" | "duplicate" },
  ) {
    super(calls, run.workflowId, run.runId);
    this.outcome = run.outcome;
  }
  readonly outcome: "started" | "signalled" | "duplicate";
  /** Itself, for callers that take the parts: `const { outcome, handle } = await …`. */
  get handle(): this {
    return this;
  }
}

export interface BatchedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly outcome: "started" | "existing" | "signalled" | "duplicate";
}

/** A handle that also tells what became of one entry of a batch. */
export class BatchedWorkflowHandle<Output = unknown> extends WorkflowHandle<Output> {
  constructor(calls: WorkflowCalls, run: BatchedRun) {
    super(calls, run.workflowId, run.runId);
    this.outcome = run.outcome;
  }
  readonly outcome: BatchedRun["outcome"];
}

export function nameOf(named: { name: string } | string): string {
  return typeof named === "string" ? named : named.name;
}
