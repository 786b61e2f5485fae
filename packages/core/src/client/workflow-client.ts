import {
  assertAttributes,
  assertName,
  assertSignalId,
  assertWorkflowId,
  assertWorkflowType,
  decodePayload,
  encodePayload,
  tooManyAttributes,
  type AttributeChanges,
} from "@heddle/protocol";
import type { RunTimeoutOptions } from "@heddle/workflow";
import type { IdSource } from "../id-source.js";
import type { AcceptingStore, RunDescription, SignalReply, StartRequest } from "../store/accepting-store.js";
import type { DeadLetterStore } from "../store/dead-letter-store.js";
import { ActivityClient } from "./activity-client.js";
import { LiveClient } from "./live-client.js";
import { exportHistory, type HistoryEntry, readHistory } from "./history-view.js";
import { inboxFullError } from "./inbox-full.js";
import { type AggregateOptions, aggregateRuns } from "./aggregate.js";
import { countRuns, type ListOptions, listRuns } from "./list.js";
import { RepairClient } from "./repair-client.js";
import { answerOf, assertQueryOptions, type QueryOptions } from "./query-answer.js";
import { applied, existingRun, keyPurged, notFound, notRunning, startOrSignalConflict } from "./refusals.js";
import { resultOf } from "./result.js";
import { ScheduleClient } from "./schedule-client.js";
import type { RunFilterOptions } from "./run-filter.js";
import { searchChangesOf, type SearchOptions } from "./search-options.js";
import { assertStartOrSignalOptions, type StartOrSignalOptions } from "./start-or-signal-options.js";
import { assertStartOptions, type StartOptions } from "./start-options.js";
import { type RepeatableCall, runIdOf } from "./repeatable-call.js";
import { UpdateClient } from "./update-client.js";
import { type OneRun, oneRun, type StopOptions, stopOf } from "./one-run.js";
import { runTimesOf } from "./run-times.js";

export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
  /** `existing` when `idConflict: "use-existing"` or the idempotency key found a run. */
  readonly outcome: "started" | "existing";
}
export interface SignalledRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly outcome: "started" | "signalled" | "duplicate";
}
/** Same for the first delivery and for every duplicate. */
export interface SignalAcknowledgement {
  readonly workflowId: string;
  readonly runId: string;
  readonly signalId: string | undefined;
}

/**
 * What callers do with workflows, over any store: checks the input, runs one atomic script, names the outcome.
 * The `Engine` and the gateway are both thin layers over it. Nothing is written before all input is checked.
 */
export class WorkflowClient {
  readonly activities: ActivityClient;
  readonly updates: UpdateClient;
  readonly repair: RepairClient;
  readonly schedules: ScheduleClient;
  readonly live: LiveClient;

  constructor(
    private readonly store: AcceptingStore,
    private readonly ids: IdSource,
    private readonly limits: { readonly maxPayloadBytes: number },
  ) {
    const startRequest = this.startRequest.bind(this);
    this.activities = new ActivityClient(store, ids, limits);
    this.updates = new UpdateClient(store, ids, limits, startRequest);
    this.schedules = new ScheduleClient(store, ids, startRequest);
    this.repair = new RepairClient(store, ids);
    this.live = new LiveClient(store);
  }

  /**
   * Accepts a new run. Resolves when it is accepted, not when it runs.
   * Errors: `WorkflowAlreadyExistsError`, `IdempotencyKeyPurgedError`, `InboxFullError`, `InvalidArgumentError`,
   * `PayloadTooLargeError`.
   */
  async start(
    type: string,
    input: unknown,
    options: StartOptions = {},
    call: RepeatableCall = {},
  ): Promise<StartedRun> {
    const request = { ...this.startRequest(type, input, options), ...runIdOf(call) };
    const { workflowId } = request;
    const reply = await this.store.start(request);
    if (reply.outcome === "started") return { workflowId, runId: reply.runId, outcome: "started" };
    return { workflowId, runId: existingRun(workflowId, options, reply), outcome: "existing" };
  }

  /**
   * Starts a run in place of a closed one, under its workflow id: of all who want to follow the same run one does, and no
   * other run is replaced. Errors: `WorkflowNotFoundError`, and those of `start`; `WorkflowAlreadyExistsError` when
   * another run has the id by now.
   */
  async startInPlaceOf(
    { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
    type: string,
    input: unknown,
    options: RunTimeoutOptions & SearchOptions = {},
    call: RepeatableCall = {},
  ): Promise<StartedRun> {
    const request = this.startRequest(type, input, { ...options, id: workflowId });
    const reply = await this.store.start({ ...request, ...runIdOf(call), replaces: runId });
    if (reply.outcome === "started") return { workflowId, runId: reply.runId, outcome: "started" };
    if (reply.outcome === "purged") throw notFound(workflowId, runId);
    return { workflowId, runId: existingRun(workflowId, {}, reply), outcome: "existing" };
  }

  /**
   * Starts a run and resolves to its result, in one call to the store. A run that was found instead of started (by its
   * key, or with `idConflict: "use-existing"`) is waited for. Errors: those of `start` and of `result`.
   */
  async execute(
    type: string,
    input: unknown,
    options: StartOptions = {},
    waiting: { signal?: AbortSignal } = {},
  ): Promise<unknown> {
    const request = this.startRequest(type, input, options);
    const { workflowId } = request;
    const reply = await this.store.startAndAwait(request, waiting);
    if (reply.outcome !== "ended") {
      return this.result(workflowId, { runId: existingRun(workflowId, options, reply), ...waiting });
    }
    if (reply.run.outcome === "not-found") throw notFound(workflowId);
    return resultOf(workflowId, reply.run);
  }

  private startRequest(type: string, input: unknown, options: StartOptions): StartRequest {
    assertWorkflowType(type);
    assertStartOptions(options);
    const workflowId = this.newWorkflowId(options);
    const runId = this.ids.randomId();
    const idempotent = options.idempotencyKey !== undefined;
    const times = runTimesOf(options);
    const search = this.searchChanges(options);
    return {
      workflowId,
      runId,
      type,
      input: this.encode(input, "input"),
      onOpen: idempotent ? "use-existing" : (options.idConflict ?? "fail"),
      // A key is a permanent mapping, so its closed run is found rather than replaced.
      onClosed: idempotent ? "reject" : (options.idReuse ?? "allow"),
      ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
      ...(times === undefined ? {} : { times }),
      ...(search === undefined ? {} : { search }),
    };
  }

  /**
   * Delivers a signal; resolves when it is accepted, without waiting for the workflow.
   * Errors: `WorkflowNotFoundError`, `WorkflowNotRunningError`, `InboxFullError`, `PayloadTooLargeError`.
   */
  async signal(
    workflowId: string,
    name: string,
    payload: unknown,
    options: { signalId?: string | undefined } & OneRun = {},
  ): Promise<SignalAcknowledgement> {
    const { runId } = await this.deliverSignal(workflowId, name, payload, options);
    return { workflowId, runId, signalId: options.signalId };
  }

  /** As `signal`, and tells a duplicate from the first delivery, as `startOrSignal` does. */
  async deliverSignal(
    workflowId: string,
    name: string,
    payload: unknown,
    options: { signalId?: string | undefined } & OneRun = {},
  ): Promise<SignalledRun> {
    assertWorkflowId(workflowId);
    const signal = { ...this.newSignal(name, payload, options.signalId), ...oneRun(options) };
    return signalledRun(workflowId, await this.store.signal({ workflowId, ...signal }), options);
  }

  /**
   * Starts the workflow or signals the open one, atomically. See `docs/signals-and-queries.md` for the rules.
   * Errors: `StartOrSignalConflictError`, `IdempotencyKeyPurgedError`, and those of `start` and `signal`.
   */
  async startOrSignal(
    type: string,
    input: unknown,
    signal: { name: string; payload?: unknown; signalId?: string | undefined },
    options: StartOrSignalOptions = {},
    call: RepeatableCall = {},
  ): Promise<SignalledRun> {
    assertWorkflowType(type);
    assertStartOrSignalOptions(signal.signalId, options);
    const workflowId = this.newWorkflowId(options);
    // A key names one delivery as a whole: callers that share it share its one signal.
    const signalId = signal.signalId ?? options.idempotencyKey;
    const times = runTimesOf(options);
    const search = this.searchChanges(options);
    const reply = await this.store.startOrSignal({
      workflowId,
      runId: this.ids.randomId(),
      ...runIdOf(call),
      type,
      input: this.encode(input, "input"),
      signal: this.newSignal(signal.name, signal.payload, signalId),
      onTerminalConflict: options.onTerminalConflict ?? "reject",
      ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
      ...(times === undefined ? {} : { times }),
      ...(search === undefined ? {} : { search }),
    });
    switch (reply.outcome) {
      case "started":
      case "signalled":
      case "duplicate":
        return { workflowId, runId: reply.runId, outcome: reply.outcome };
      case "conflict":
        throw startOrSignalConflict(workflowId, reply);
      case "purged":
        throw keyPurged(options.idempotencyKey, workflowId);
      case "inbox-full":
        throw inboxFullError(workflowId, reply);
    }
  }

  /**
   * The result of the current run (or of `runId`), as soon as it is closed.
   * Errors: `WorkflowFailedError`, `WorkflowCancelledError`, `WorkflowTerminatedError`, `WorkflowTimedOutError`,
   * `WorkflowNotFoundError`.
   */
  async result(workflowId: string, options: { runId?: string; signal?: AbortSignal } = {}): Promise<unknown> {
    assertWorkflowId(workflowId);
    const closed = await this.store.awaitClosed({ workflowId, ...options });
    if (closed.outcome === "not-found") throw notFound(workflowId);
    return resultOf(workflowId, closed);
  }

  /**
   * Asks the code of an open run. `undefined` when the run is suspended or closed or has no such query;
   * with `strict` these throw. Errors: `WorkflowNotFoundError`, `QueryUnavailableError`, `QueryFailedError`.
   */
  async query(
    workflowId: string,
    name: string,
    input?: unknown,
    options: QueryOptions = {},
  ): Promise<unknown> {
    assertWorkflowId(workflowId);
    assertName(name, "query name");
    assertQueryOptions(options);
    const reply = await this.store.query({
      workflowId,
      name,
      input: this.encode(input, "query input"),
      timeoutMs: options.timeoutMs ?? 5_000,
    });
    return answerOf({ workflowId, name, reply, strict: options.strict ?? false });
  }

  list(options: ListOptions = {}) {
    return listRuns(this.store, options);
  }
  count(filter: RunFilterOptions = {}): Promise<number> {
    return countRuns(this.store, filter);
  }
  aggregate(filter: RunFilterOptions, options: AggregateOptions) {
    return aggregateRuns(this.store, filter, options);
  }

  /**
   * Sets search attributes of an open run, or removes those given as null; the others stay. One atomic step.
   * Errors: `WorkflowNotFoundError`, `WorkflowNotRunningError`, `InvalidArgumentError` (also past 32 attributes).
   */
  async setAttributes(
    workflowId: string,
    attributes: AttributeChanges,
    call: RepeatableCall = {},
  ): Promise<void> {
    assertWorkflowId(workflowId);
    assertAttributes(attributes);
    const { operationId = this.ids.randomId() } = call;
    const reply = await this.store.setAttributes({ workflowId, operationId, attributes });
    if (reply.outcome === "too-many") throw tooManyAttributes(reply.count, `workflow "${workflowId}"`);
    applied(workflowId, reply);
  }

  async describe(workflowId: string): Promise<RunDescription> {
    assertWorkflowId(workflowId);
    const description = await this.store.describe(workflowId);
    if (description === undefined) throw notFound(workflowId);
    const { memo, ...rest } = description;
    return memo === undefined ? rest : { ...rest, memo: decodePayload(memo) };
  }

  /** The current run's history, decoded, oldest first. Errors: `WorkflowNotFoundError`. */
  history(workflowId: string): Promise<readonly HistoryEntry[]> {
    return readHistory(this.store, workflowId);
  }
  /** The current run with its history, as JSON text; see `formatHistory`. Errors: `WorkflowNotFoundError`. */
  exportHistory(workflowId: string): Promise<string> {
    return exportHistory(this.store, workflowId);
  }

  /** Asks the code to stop; it sees a `CancelledError` at its next `yield*`. Repeating it changes nothing. */
  async cancel(workflowId: string, options: StopOptions = {}): Promise<void> {
    assertWorkflowId(workflowId);
    const reply = await this.store.requestCancel({ workflowId, ...stopOf(options) });
    applied(workflowId, reply, options.runId);
  }
  /** Closes the run at once; its code does not run any more. */
  async terminate(workflowId: string, options: StopOptions = {}, call: RepeatableCall = {}): Promise<void> {
    assertWorkflowId(workflowId);
    const { operationId = this.ids.randomId() } = call;
    const reply = await this.store.terminate({ workflowId, operationId, ...stopOf(options) });
    applied(workflowId, reply, options.runId);
  }
  /** Holds the code back; signals and timers are kept and delivered in order after `resume`. */
  async suspend(workflowId: string): Promise<void> {
    assertWorkflowId(workflowId);
    applied(workflowId, await this.store.suspend({ workflowId }));
  }
  async resume(workflowId: string): Promise<void> {
    assertWorkflowId(workflowId);
    applied(workflowId, await this.store.resume({ workflowId }));
  }
  /** Jobs that ingestion refused. */
  get deadLetters(): DeadLetterStore {
    return this.store;
  }
  /** Whether the store answers now. */
  ping(): Promise<void> {
    return this.store.ping();
  }

  private newWorkflowId(options: { id?: string | undefined; idempotencyKey?: string | undefined }): string {
    if (options.id !== undefined) return options.id;
    return options.idempotencyKey === undefined
      ? this.ids.workflowId()
      : this.store.workflowIdOfKey(options.idempotencyKey);
  }

  private newSignal(name: string, payload: unknown, signalId: string | undefined) {
    assertName(name, "signal name");
    if (signalId !== undefined) assertSignalId(signalId);
    return {
      name,
      payload: this.encode(payload, `payload of signal "${name}"`),
      operationId: this.ids.randomId(),
      ...(signalId === undefined ? {} : { signalId }),
    };
  }

  private searchChanges(options: SearchOptions) {
    return searchChangesOf(options, (value, what) => this.encode(value, what));
  }

  private encode(value: unknown, what: string) {
    return encodePayload(value, { what, maxBytes: this.limits.maxPayloadBytes });
  }
}

function signalledRun(workflowId: string, reply: SignalReply, { runId }: OneRun): SignalledRun {
  switch (reply.outcome) {
    case "accepted":
      return { workflowId, runId: reply.runId, outcome: "signalled" };
    case "duplicate":
      return { workflowId, runId: reply.runId, outcome: "duplicate" };
    case "not-found":
      throw notFound(workflowId, runId);
    case "closed":
      throw notRunning(workflowId, reply);
    case "inbox-full":
      throw inboxFullError(workflowId, reply);
  }
}
