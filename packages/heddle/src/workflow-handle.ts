import type {
  ForkOptions,
  HistoryEntry,
  QueryOptions,
  RepairedRun,
  ResetOptions,
  RetryRunOptions,
  RunDescription,
  SignalAcknowledgement,
  UpdateOptions,
  WorkflowClient,
} from "@heddle/core";
import type { AttributeChanges } from "@heddle/protocol";
import type { QueryHandle, SignalHandle, UpdateHandle } from "@heddle/workflow";
import { entriesOf, type FollowedEntry } from "./watch-events.js";
import { AcceptedUpdateHandle, type UpdateArguments } from "./accepted-update-handle.js";

export type PayloadArguments<Payload> = [Payload] extends [void]
  ? [payload?: undefined, options?: SignalOptions]
  : undefined extends Payload
    ? [payload?: Payload, options?: SignalOptions]
    : [payload: Payload, options?: SignalOptions];

export interface SignalOptions {
  /** Deduplicates per workflow and signal name: pass the same one when the request is repeated. */
  readonly signalId?: string;
}

export type QueryArguments<Input> = [Input] extends [void]
  ? [input?: undefined, options?: QueryOptions]
  : undefined extends Input
    ? [input?: Input, options?: QueryOptions]
    : [input: Input, options?: QueryOptions];

/** One workflow, as callers hold it. Cheap: it keeps ids, no connection and no state. */
export class WorkflowHandle<Output = unknown> {
  constructor(
    private readonly client: () => Promise<WorkflowClient>,
    readonly id: string,
    /** The run that this handle was made for; `undefined` when it was made from an id alone. */
    readonly runId: string | undefined,
  ) {}

  /**
   * The workflow's return value, as soon as it has one. Rejects with `WorkflowFailedError` (whose `cause` is the
   * workflow's own error), `WorkflowCancelledError`, `WorkflowTerminatedError`, `WorkflowTimedOutError` or
   * `WorkflowNotFoundError`.
   */
  async result(options: { signal?: AbortSignal } = {}): Promise<Output> {
    const client = await this.client();
    return (await client.result(this.id, {
      ...options,
      ...(this.runId === undefined ? {} : { runId: this.runId }),
    })) as Output;
  }

  signal<Payload>(
    signal: SignalHandle<Payload>,
    ...rest: PayloadArguments<Payload>
  ): Promise<SignalAcknowledgement>;
  signal(signal: string, payload?: unknown, options?: SignalOptions): Promise<SignalAcknowledgement>;
  /** Resolves when the signal is accepted, without waiting for the workflow. */
  async signal(signal: { name: string } | string, payload?: unknown, options: SignalOptions = {}) {
    return (await this.client()).signal(this.id, nameOf(signal), payload, options);
  }

  query<Input, Answer>(
    query: QueryHandle<Input, Answer>,
    ...rest: QueryArguments<Input>
  ): Promise<Awaited<Answer> | undefined>;
  query(query: string, input?: unknown, options?: QueryOptions): Promise<unknown>;
  /** `undefined` when the workflow is suspended or closed or has no such query; with `strict` the reason is thrown. */
  async query(query: { name: string } | string, input?: unknown, options: QueryOptions = {}) {
    return (await this.client()).query(this.id, nameOf(query), input, options);
  }

  update<Input, Result>(
    update: UpdateHandle<Input, Result>,
    ...rest: UpdateArguments<Input>
  ): Promise<Result>;
  update(update: string, input?: unknown, options?: UpdateOptions): Promise<unknown>;
  /**
   * Has the workflow take an update; resolves to what its handler returns. Repeating it with the same `updateId` changes
   * nothing and gets the same answer. Errors: `UpdateRejectedError`, `UpdateNotFoundError`, `UpdateFailedError`,
   * `UpdateNotCompletedError` (the run closed first), `UpdateResultForgottenError` (an earlier run completed it),
   * `WorkflowNotFoundError`, `WorkflowNotRunningError` (closed or suspended), `InboxFullError`, `PayloadTooLargeError`.
   */
  async update(update: { name: string } | string, input?: unknown, options: UpdateOptions = {}) {
    return (await this.client()).updates.execute(this.id, nameOf(update), input, options);
  }

  startUpdate<Input, Result>(
    update: UpdateHandle<Input, Result>,
    ...rest: UpdateArguments<Input>
  ): Promise<AcceptedUpdateHandle<Result>>;
  startUpdate(update: string, input?: unknown, options?: UpdateOptions): Promise<AcceptedUpdateHandle>;
  /** Resolves as soon as the workflow has accepted the update. Errors: those of `update`. */
  async startUpdate(update: { name: string } | string, input?: unknown, options: UpdateOptions = {}) {
    const accepted = await (await this.client()).updates.start(this.id, nameOf(update), input, options);
    return new AcceptedUpdateHandle(this.client, accepted);
  }

  /** Asks the code to stop; it sees a `CancelledError` at its next `yield*`. */
  async cancel(options: { reason?: string } = {}): Promise<void> {
    await (await this.client()).cancel(this.id, options);
  }
  /** Closes the workflow at once; its code does not run any more. */
  async terminate(options: { reason?: string } = {}): Promise<void> {
    await (await this.client()).terminate(this.id, options);
  }
  async suspend(): Promise<void> {
    await (await this.client()).suspend(this.id);
  }
  async resume(): Promise<void> {
    await (await this.client()).resume(this.id);
  }
  /**
   * Sets search attributes, or removes those given as null; the others stay. The code is not told. Errors:
   * `WorkflowNotFoundError`, `WorkflowNotRunningError`, `InvalidArgumentError` (also past 32 attributes).
   */
  async setAttributes(attributes: AttributeChanges): Promise<void> {
    await (await this.client()).setAttributes(this.id, attributes);
  }
  /**
   * Lets the workflow, open or closed, go on as a new run from just behind an event of its history; `docs/repair.md` says
   * what of the rest is lost. Resolves to a handle of the new run, when the reset is accepted. Errors:
   * `InvalidArgumentError` (no such event), `NotResettableError`, `WorkflowNotFoundError`.
   */
  async reset(options: ResetOptions): Promise<WorkflowHandle<Output>> {
    return this.of(await (await this.client()).repair.reset(this.id, options));
  }
  /**
   * Lets a failed workflow go on from the activities or steps whose failure ended it; they are run again.
   * Errors: `NotResettableError` (not failed, or by its own code alone), `WorkflowNotFoundError`.
   */
  async retry(options: RetryRunOptions = {}): Promise<WorkflowHandle<Output>> {
    return this.of(await (await this.client()).repair.retry(this.id, options));
  }
  /**
   * Makes a new workflow that goes on from just behind an event of this one, which is not touched. Errors:
   * `InvalidArgumentError` (no such event), `WorkflowAlreadyExistsError`, `WorkflowNotFoundError`, `InboxFullError`.
   */
  async fork(options: ForkOptions): Promise<WorkflowHandle<Output>> {
    return this.of(await (await this.client()).repair.fork(this.id, options));
  }
  async describe(): Promise<RunDescription> {
    return (await this.client()).describe(this.id);
  }
  /** What happened, decoded, oldest first. */
  async history(): Promise<readonly HistoryEntry[]> {
    return (await this.client()).history(this.id);
  }
  /**
   * The history from its beginning, each record once and in order as it is written, until the workflow is closed; goes on
   * with the run that it continues as. Rejects with `WorkflowNotFoundError` and with the reason of `signal`.
   */
  async *followHistory(
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<FollowedEntry, void, undefined> {
    const { live } = await this.client();
    yield* entriesOf(live.followHistory(this.id, { ...options, runId: this.runId }));
  }
  /**
   * The current run with its history, as JSON text that keeps every payload. `parseHistory` reads it back, and
   * `replayHistory` of `@heddle/testing` replays it against changed code.
   */
  async exportHistory(): Promise<string> {
    return (await this.client()).exportHistory(this.id);
  }

  private of(run: RepairedRun): WorkflowHandle<Output> {
    return new WorkflowHandle<Output>(this.client, run.workflowId, run.runId);
  }
}

/** A handle that also tells what `startOrSignal` did. */
export class SignalledWorkflowHandle<Output = unknown> extends WorkflowHandle<Output> {
  constructor(
    client: () => Promise<WorkflowClient>,
    run: { workflowId: string; runId: string; outcome: "started" | "signalled" | "duplicate" },
  ) {
    super(client, run.workflowId, run.runId);
    this.outcome = run.outcome;
  }
  readonly outcome: "started" | "signalled" | "duplicate";
  /** Itself, for callers that take the parts: `const { outcome, handle } = await …`. */
  get handle(): this {
    return this;
  }
}

export function nameOf(named: { name: string } | string): string {
  return typeof named === "string" ? named : named.name;
}
