import type { AttributeChanges, PaginatedResult, WatchEvent, WorkflowSummary } from "@heddle/protocol";
import type {
  CallArguments,
  InputNamed,
  OutputNamed,
  QueryHandle,
  SignalHandle,
  UpdateHandle,
  WorkflowCollection,
} from "@heddle/workflow";
import type { AcceptedUpdateHandle } from "./accepted-update-handle.js";
import type { AggregateOptions, RunGroup } from "./aggregate-options.js";
import { Bulk } from "./bulk.js";
import type {
  CallOptions,
  ListOptions,
  QueryOptions,
  RunFilterOptions,
  SignalOptions,
  StartOptions,
  StartOrSignalOptions,
  StopOptions,
  UpdateOptions,
  WatchFilter,
} from "./call-options.js";
import { BatchCalls, type BatchSignal, type BatchStart } from "./batch-calls.js";
import { type ClientOptions, resolveOptions } from "./client-options.js";
import { DeadLetters } from "./dead-letters.js";
import { Transport } from "./http/transport.js";
import { watch } from "./live-calls.js";
import type { ImportOptions } from "./repair-options.js";
import { ScheduleCalls } from "./schedule-calls.js";
import { Schedules } from "./schedules.js";
import { OpenActivities } from "./open-activities.js";
import { Queues } from "./queues.js";
import {
  startUpdateWithStart,
  type UpdateCall,
  type UpdatedWorkflow,
  updateWithStart,
  type UpdateWithStartOptions,
  type UpdatingWorkflow,
} from "./update-with-start.js";
import { type SignalAcknowledgement, WorkflowCalls } from "./workflow-calls.js";
import { BatchedWorkflowHandle, nameOf, SignalledWorkflowHandle, WorkflowHandle } from "./workflow-handle.js";

/** One page, which can also be iterated over: then all that match, page by page. */
export type WorkflowList = Promise<PaginatedResult<WorkflowSummary>> & AsyncIterable<WorkflowSummary>;

/**
 * Heddle from another service or a browser, over the HTTP API: the methods of `Engine`, with the same handles and
 * errors. Every call is repeated by itself where that can help, with the same ids, so that nothing happens twice;
 * `OutcomeUnknownError` is left for the caller only when all tries were in vain. Payloads are JSON.
 *
 * `new HeddleClient<[typeof order, typeof refund]>({ url })` types `start` and its results by the workflows, whose code
 * is not loaded.
 */
export class HeddleClient<const Workflows extends WorkflowCollection = readonly []> {
  /** Jobs of the ingestion queue that were refused. */
  readonly deadLetters: DeadLetters;
  /** Starts workflows by cron or interval. */
  readonly schedules: Schedules<Workflows>;
  /** Settles activities that are completed from outside, by task token or reference. */
  readonly activities: OpenActivities;
  /** Looks at the queues of activities and at who serves them. */
  readonly queues: Queues;
  private readonly calls: WorkflowCalls;
  /** One operation on all workflows that match a filter. */
  readonly bulk: Bulk;
  private readonly batches: BatchCalls;

  /** Nothing is sent before the first call. Throws `InvalidArgumentError` for bad options. */
  constructor(options: ClientOptions) {
    const transport = new Transport(resolveOptions(options));
    this.calls = new WorkflowCalls(transport);
    this.batches = new BatchCalls(transport);
    this.bulk = new Bulk(this.calls);
    this.activities = new OpenActivities(transport);
    this.queues = new Queues(transport);
    this.schedules = new Schedules(new ScheduleCalls(transport));
    this.deadLetters = new DeadLetters(transport);
  }

  /**
   * Accepts a new workflow; resolves when it is accepted, not when it runs.
   * Errors: `WorkflowAlreadyExistsError`, `IdempotencyKeyPurgedError`, `InvalidArgumentError`,
   * `PayloadNotSerializableError`, `PayloadTooLargeError`, `InboxFullError`.
   */
  start<Name extends string>(
    type: Name,
    ...rest: CallArguments<InputNamed<Workflows, Name>, StartOptions>
  ): Promise<WorkflowHandle<OutputNamed<Workflows, Name>>>;
  async start(type: string, input?: unknown, options: StartOptions = {}): Promise<WorkflowHandle> {
    const run = await this.calls.start(type, input, options);
    return new WorkflowHandle(this.calls, run.workflowId, run.runId);
  }

  /** Starts a workflow and resolves to its result. Errors: those of `start` and of `WorkflowHandle.result`. */
  execute<Name extends string>(
    type: Name,
    ...rest: CallArguments<InputNamed<Workflows, Name>, StartOptions>
  ): Promise<OutputNamed<Workflows, Name>>;
  async execute(type: string, input?: unknown, options: StartOptions = {}): Promise<unknown> {
    const { workflowId, runId } = await this.calls.start(type, input, options);
    return this.calls.result(workflowId, { runId, signal: options.signal });
  }

  /**
   * Starts the workflow, or signals it when it is open, in one atomic step. Needs `signal.signalId` or
   * `idempotencyKey`. Errors: `StartOrSignalConflictError` and those of `start` and `signal`.
   */
  async startOrSignal<Name extends string>(
    type: Name,
    input: InputNamed<Workflows, Name>,
    signal: { readonly name: string; readonly payload?: unknown; readonly signalId?: string },
    options: StartOrSignalOptions = {},
  ): Promise<SignalledWorkflowHandle<OutputNamed<Workflows, Name>>> {
    return new SignalledWorkflowHandle(
      this.calls,
      await this.calls.startOrSignal(type, input, signal, options),
    );
  }

  /**
   * Starts many workflows in few requests, or signals those that are open. Resolves to what became of each entry, in
   * order: one that is refused refuses no other. Throws `InvalidArgumentError` for a malformed entry before anything is sent.
   */
  async startMany(
    entries: readonly BatchStart[],
    options: CallOptions = {},
  ): Promise<PromiseSettledResult<BatchedWorkflowHandle>[]> {
    const results = await this.batches.start(entries, options);
    return results.map((result) =>
      result.status === "rejected"
        ? result
        : { status: "fulfilled", value: new BatchedWorkflowHandle(this.calls, result.value) },
    );
  }

  /** Delivers many signals in few requests; see `startMany`. */
  signalMany(
    entries: readonly BatchSignal[],
    options: CallOptions = {},
  ): Promise<PromiseSettledResult<SignalAcknowledgement>[]> {
    return this.batches.signal(entries, options);
  }

  /**
   * Starts a workflow with an update, or has the open one of that id take it, in one atomic step; resolves when the
   * update is completed. An `updateId` that the workflow knows is found: nothing happens again, the answer is the same.
   * A run that was started goes on, also when its code rejects the update. Errors: those of `start` and of `update`.
   */
  updateWithStart<Name extends string, UpdateInput = unknown, Result = unknown>(
    type: Name,
    input: InputNamed<Workflows, Name>,
    update: UpdateCall<UpdateInput, Result>,
    options: UpdateWithStartOptions = {},
  ): Promise<UpdatedWorkflow<OutputNamed<Workflows, Name>, Result>> {
    return updateWithStart(this.calls, { type, input, update, options });
  }

  /** The same, but resolves as soon as the workflow has accepted the update. */
  startUpdateWithStart<Name extends string, UpdateInput = unknown, Result = unknown>(
    type: Name,
    input: InputNamed<Workflows, Name>,
    update: UpdateCall<UpdateInput, Result>,
    options: UpdateWithStartOptions = {},
  ): Promise<UpdatingWorkflow<OutputNamed<Workflows, Name>, Result>> {
    return startUpdateWithStart(this.calls, { type, input, update, options });
  }

  /** A handle for an id; nothing is sent. */
  getHandle<Output = unknown>(id: string): WorkflowHandle<Output> {
    return new WorkflowHandle<Output>(this.calls, id, undefined);
  }

  signal<Payload>(
    id: string,
    signal: SignalHandle<Payload>,
    ...rest: CallArguments<Payload, SignalOptions>
  ): Promise<SignalAcknowledgement>;
  signal(
    id: string,
    signal: string,
    payload?: unknown,
    options?: SignalOptions,
  ): Promise<SignalAcknowledgement>;
  /** Errors: `WorkflowNotFoundError`, `WorkflowNotRunningError`, `InboxFullError`, `PayloadTooLargeError`. */
  signal(id: string, signal: { name: string } | string, payload?: unknown, options: SignalOptions = {}) {
    return this.calls.signal(id, nameOf(signal), payload, options);
  }

  query<Input, Answer>(
    id: string,
    query: QueryHandle<Input, Answer>,
    ...rest: CallArguments<Input, QueryOptions>
  ): Promise<Awaited<Answer> | undefined>;
  query(id: string, query: string, input?: unknown, options?: QueryOptions): Promise<unknown>;
  /** See `WorkflowHandle.query`. Errors: `WorkflowNotFoundError`, `QueryUnavailableError`, `QueryFailedError`. */
  query(id: string, query: { name: string } | string, input?: unknown, options: QueryOptions = {}) {
    return this.calls.query(id, nameOf(query), input, options);
  }

  update<Input, Result>(
    id: string,
    update: UpdateHandle<Input, Result>,
    ...rest: CallArguments<Input, UpdateOptions>
  ): Promise<Result>;
  update(id: string, update: string, input?: unknown, options?: UpdateOptions): Promise<unknown>;
  /** See `WorkflowHandle.update`. */
  update(id: string, update: { name: string } | string, input?: unknown, options: UpdateOptions = {}) {
    return this.calls.update(id, nameOf(update), input, options);
  }

  startUpdate<Input, Result>(
    id: string,
    update: UpdateHandle<Input, Result>,
    ...rest: CallArguments<Input, UpdateOptions>
  ): Promise<AcceptedUpdateHandle<Result>>;
  startUpdate(
    id: string,
    update: string,
    input?: unknown,
    options?: UpdateOptions,
  ): Promise<AcceptedUpdateHandle>;
  /** See `WorkflowHandle.startUpdate`. */
  startUpdate(id: string, update: { name: string } | string, input?: unknown, options: UpdateOptions = {}) {
    return this.getHandle(id).startUpdate(nameOf(update), input, options);
  }

  /** Newest first. Await it for one page, or iterate over it for all that match. See `ListOptions`. */
  list(options: ListOptions = {}): WorkflowList {
    const first = this.calls.list(options);
    return Object.assign(first, { [Symbol.asyncIterator]: () => this.pages(first, options) });
  }
  /**
   * Changes of workflows as they happen: started, suspended, closed, … First `watching`: a list read after it misses none.
   * `reset` says that changes were missed: list again. Connects again by itself; end it by leaving the loop.
   */
  watch(filter: WatchFilter = {}, options: CallOptions = {}): AsyncGenerator<WatchEvent, void, undefined> {
    return watch(this.calls.transport, filter, options);
  }
  count(filter: RunFilterOptions & CallOptions = {}): Promise<number> {
    return this.calls.count(filter);
  }
  /** Counts the runs of a filter by what they have in common, the largest group first. See `AggregateOptions`. */
  aggregate(filter: RunFilterOptions, options: AggregateOptions): Promise<readonly RunGroup[]> {
    return this.calls.search.aggregate(filter, options);
  }
  /** See `WorkflowHandle.setAttributes`. */
  setAttributes(id: string, attributes: AttributeChanges, options: CallOptions = {}): Promise<void> {
    return this.calls.search.setAttributes(id, attributes, options);
  }
  /**
   * Takes in what `WorkflowHandle.exportHistory` returned, here or elsewhere. A run that was closed stays so; one that was
   * open goes on as a new run from the end of its history. Errors: `InvalidArgumentError` (no such export),
   * `WorkflowAlreadyExistsError`, `PayloadTooLargeError` (over 32 MiB), `InboxFullError`.
   */
  async importHistory(exported: string | Uint8Array, options: ImportOptions = {}): Promise<WorkflowHandle> {
    const run = await this.calls.repair.importHistory(exported, options);
    return new WorkflowHandle(this.calls, run.workflowId, run.runId);
  }
  cancel(id: string, options: StopOptions = {}): Promise<void> {
    return this.calls.cancel(id, options);
  }
  terminate(id: string, options: StopOptions = {}): Promise<void> {
    return this.calls.terminate(id, options);
  }
  suspend(id: string, options: CallOptions = {}): Promise<void> {
    return this.calls.suspend(id, options);
  }
  resume(id: string, options: CallOptions = {}): Promise<void> {
    return this.calls.resume(id, options);
  }

  private async *pages(
    first: Promise<PaginatedResult<WorkflowSummary>>,
    { offset: _, ...options }: ListOptions,
  ): AsyncGenerator<WorkflowSummary, void, undefined> {
    let page = await first;
    for (;;) {
      yield* page.items;
      if (page.cursor === undefined) return;
      page = await this.calls.list({ ...options, cursor: page.cursor });
    }
  }
}
