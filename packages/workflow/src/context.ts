import type { AttributeTypes, Duration, LimitOptions, RetryOptions, TimeoutOptions } from "@heddle/protocol";
import type { ActivityDefinition, AnyActivity } from "./activity.js";
import type { ChildHandle, ChildOptions, ChildType } from "./child.js";
import type { MapConcurrency, MapPolicyOptions, Saga, ScopeOptions, SettledOutcome } from "./composition.js";
import type { Deferred } from "./deferred.js";
import type { Log } from "./log.js";
import type { OffloadedValue } from "./offloaded-value.js";
import type { Branch, BranchResult, Operation, WorkflowGenerator } from "./operation.js";
import type { QueryHandle } from "./query.js";
import type { AttributeChangesOf, AttributeName, AttributeOf } from "./search-attributes.js";
import type { SignalHandle } from "./signal.js";
import type { StartedOrSignalled, StartOrSignalCallOptions } from "./start-or-signal.js";
import type { UpdateHandle, UpdateHandler, UpdateHandlerOptions } from "./update.js";

export type ActivityMap = Readonly<Record<string, AnyActivity>>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a collection of handles of any type
export type SignalMap = Readonly<Record<string, SignalHandle<any>>>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a collection of handles of any type
export type QueryMap = Readonly<Record<string, QueryHandle<any, any>>>;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a collection of handles of any type
export type UpdateMap = Readonly<Record<string, UpdateHandle<any, any>>>;

export interface RunOptions {
  readonly queue?: string;
  readonly retry?: RetryOptions;
  readonly timeouts?: TimeoutOptions;
  /** In place of those of the activity. */
  readonly limits?: LimitOptions;
  /**
   * Names the activity within its run, so that `engine.activities` can settle it without its token. 1–128 UTF-8 bytes,
   * opaque. Throws `InvalidArgumentError` while another activity of the run that is not settled has it.
   */
  readonly reference?: string;
}

type InputOf<A> = A extends ActivityDefinition<infer Input, infer _Output> ? Input : never;
type OutputOf<A> = A extends ActivityDefinition<infer _Input, infer Output> ? Awaited<Output> : never;
type PayloadOf<S> = S extends SignalHandle<infer Payload> ? Payload : never;
type InputArguments<Input> = undefined extends Input
  ? [input?: Input, options?: RunOptions]
  : [input: Input, options?: RunOptions];

type ChildArguments<Input> = [Input] extends [void]
  ? [input?: undefined, options?: ChildOptions]
  : undefined extends Input
    ? [input?: Input, options?: ChildOptions]
    : [input: Input, options?: ChildOptions];
type SendArguments<Payload> = undefined extends Payload
  ? [payload?: Payload, options?: { signalId?: string }]
  : [payload: Payload, options?: { signalId?: string }];

/** A plain function, or a generator function that may await; an async function is refused when a signal comes. */
export type SignalHandler<Payload> =
  ((payload: Payload) => void) | ((payload: Payload) => WorkflowGenerator<unknown>);

/** A name outside the map; else a known activity with a wrong input would pass as an unknown one. */
type UnknownName<Name extends string, Activities> = Name extends keyof Activities ? never : Name;

/**
 * What workflow code may do. Everything awaited with `yield*` is durable: after a crash the code is run again and
 * gets the recorded outcomes, so the code between two `yield*` must decide by them alone (use `now`, `random`, `uuid`).
 */
export interface WorkflowContext<
  Activities extends ActivityMap = Record<never, never>,
  Signals extends SignalMap = Record<never, never>,
  Declared extends AttributeTypes = Record<never, never>,
> {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  /** The run that started this one as a child; `undefined` when nobody did. */
  readonly parent: { readonly workflowId: string; readonly runId: string } | undefined;
  /** Acceptance of the start, epoch ms of the Redis clock. */
  readonly startedAtMs: number;
  /** Aborts when the run is asked to cancel; for inline steps. */
  readonly signal: AbortSignal;
  /** Silent while the run replays. */
  readonly log: Log;

  /**
   * Runs an activity on a worker, retried and timed out by its policy; resolves to its result.
   * Throws `ActivityFailedError` or `ActivityTimedOutError` whose `cause` is the last failure.
   * A function is run as an inline step of the same name (see `step`).
   */
  run<Name extends keyof Activities & string>(
    activity: Name,
    ...rest: InputArguments<InputOf<Activities[Name]>>
  ): Operation<OutputOf<Activities[Name]>>;
  run<Input, Output>(
    activity: ActivityDefinition<Input, Output>,
    ...rest: InputArguments<Input>
  ): Operation<Awaited<Output>>;
  run<Input, Output>(step: (input: Input) => Output, input: Input): Operation<Awaited<Output>>;
  run<Output>(step: () => Output): Operation<Awaited<Output>>;
  run<Name extends string>(
    activity: UnknownName<Name, Activities>,
    input?: unknown,
    options?: RunOptions,
  ): Operation<unknown>;

  /**
   * Runs a function in the coordinator, at least once, and records its outcome: cheap, for short work.
   * An error it throws is recorded and thrown here; it is not retried.
   */
  step<Output>(name: string, execute: () => Output): Operation<Awaited<Output>>;

  /**
   * Stores a large value outside of the history, once, in the same commit as the decision, and resolves at once to a
   * small reference. The value lives until its run is purged or replaced; when the run continues as a new one, it
   * moves on if the new input, or a signal or update that moves on, holds the reference.
   * Throws `PayloadTooLargeError` past the limit of one value (16 MiB) or of all values of a run (64 MiB),
   * `PayloadNotSerializableError` for what cannot be stored. Nothing is written then.
   */
  offload<T>(value: T): Operation<OffloadedValue<T>>;
  /**
   * The value behind a reference; a copy, like every payload. It is read from memory or from Redis, and history
   * records that it was loaded, not what it is.
   * Throws `OffloadedValueNotFoundError` when the workflow has no such value.
   */
  load<T>(reference: OffloadedValue<T>): Operation<T>;

  /** Never ends early by the Redis clock; survives restarts. */
  sleep(duration: Duration): Operation<undefined>;
  sleepUntil(date: Date | number): Operation<undefined>;

  /**
   * Takes the oldest unconsumed signal of that name, or waits for the next. One wait consumes exactly one.
   * Throws `SignalTimedOutError` after `timeout`; a wait that timed out or lost a race leaves no claim.
   */
  waitForSignal<Payload>(signal: SignalHandle<Payload>, options?: { timeout?: Duration }): Operation<Payload>;
  waitForSignal<Name extends keyof Signals & string>(
    signal: Name,
    options?: { timeout?: Duration },
  ): Operation<PayloadOf<Signals[Name]>>;
  waitForSignal(signal: string, options?: { timeout?: Duration }): Operation<unknown>;

  /**
   * Resolves when the predicate over the code's own state is true. It is looked at each time all code of the run
   * awaits, waits in the order in which they began; the code behind the first that is true runs until it awaits
   * again before the next is looked at, so `yield* ctx.waitUntil(() => !busy); busy = true;` lets one in at a time.
   * The predicate must be pure and synchronous; what it throws is thrown here.
   * Throws `ConditionTimedOutError` after `timeout`.
   */
  waitUntil(predicate: () => boolean, options?: { timeout?: Duration }): Operation<undefined>;

  /**
   * A value that one piece of the code gives (a handler, a branch) and others await. History has nothing of the value:
   * whoever resolves it does so again on replay. For one known moment, where `waitUntil` looks again and again.
   */
  deferred<T = void>(): Deferred<T>;

  /**
   * Calls the handler with every signal of that name that no wait takes, in order, those that came before included.
   * A signal goes to the oldest `waitForSignal` of its name; when there is none, to the handler as soon as it is done
   * with the one before. A handler is first called after the code that runs now awaits; what it throws fails the
   * run; the end of the run does not wait for it (see `allHandlersFinished`). A later handler of the name replaces it.
   */
  onSignal<Payload>(signal: SignalHandle<Payload>, handler: SignalHandler<Payload>): void;
  onSignal<Name extends keyof Signals & string>(
    signal: Name,
    handler: SignalHandler<PayloadOf<Signals[Name]>>,
  ): void;
  onSignal(signal: string, handler: SignalHandler<unknown>): void;
  /** No handler is at work and none has a signal waiting; for `yield* ctx.waitUntil(ctx.allHandlersFinished)`. */
  readonly allHandlersFinished: () => boolean;

  /**
   * Signals another workflow, or this one, once, whatever crashes; resolves when its inbox has accepted the signal.
   * Signals of one run to one workflow arrive in the order in which they were sent. `signalId` deduplicates as for
   * callers from outside. A full inbox or an outage is waited out.
   * Throws `WorkflowNotFoundError` or `WorkflowNotRunningError`.
   */
  signalWorkflow<Payload>(
    workflowId: string,
    signal: SignalHandle<Payload>,
    ...rest: SendArguments<Payload>
  ): Operation<void>;
  signalWorkflow(
    workflowId: string,
    signal: string,
    payload?: unknown,
    options?: { signalId?: string },
  ): Operation<void>;
  /**
   * Starts a workflow, or signals it when it is open, in one atomic step; the same rules as for `engine.startOrSignal`.
   * The run is nobody's child. Throws `StartOrSignalConflictError` or `IdempotencyKeyPurgedError`.
   */
  startOrSignal(
    type: string,
    input: unknown,
    signal: { readonly name: string; readonly payload?: unknown; readonly signalId?: string },
    options?: StartOrSignalCallOptions,
  ): Operation<StartedOrSignalled>;

  /**
   * Starts another workflow as a child of this run; resolves when its start is accepted, with a handle to it.
   * Throws `WorkflowAlreadyExistsError` when its id is taken, `ChildDepthExceededError` below 20 ancestors.
   * Children that are open when this run closes or continues as new are treated by their `parentClosePolicy`.
   */
  startChild<Input, Output>(
    type: ChildType<Input, Output>,
    ...rest: ChildArguments<Input>
  ): Operation<ChildHandle<Output>>;
  startChild(type: string, input?: unknown, options?: ChildOptions): Operation<ChildHandle>;
  /** Starts a child and resolves to its result. Throws like `startChild` and like `ChildHandle.result`. */
  runChild<Input, Output>(type: ChildType<Input, Output>, ...rest: ChildArguments<Input>): Operation<Output>;
  runChild(type: string, input?: unknown, options?: ChildOptions): Operation<unknown>;

  /** Results in order. Waits for every branch, then throws the first failure, by order of acceptance. */
  all<const Branches extends readonly Branch<unknown>[]>(
    branches: Branches,
  ): Operation<{ -readonly [I in keyof Branches]: BranchResult<Branches[I]> }>;
  /** How each branch ended, in order. Waits for every branch; throws only when it is itself cancelled. */
  allSettled<const Branches extends readonly Branch<unknown>[]>(
    branches: Branches,
  ): Operation<{ -readonly [I in keyof Branches]: SettledOutcome<BranchResult<Branches[I]>> }>;
  /** The first branch to settle wins, its failure included; the others are cancelled and consume nothing. */
  race<const Branches extends readonly Branch<unknown>[]>(
    branches: Branches,
  ): Operation<BranchResult<Branches[number]>>;
  /**
   * Works on every item with a branch of its own, at most `concurrency` at once; results in the order of the items.
   * Waits for every item, then throws the first failure, by order of acceptance. `work` must decide by its arguments
   * alone, like all workflow code. With `minSuccesses` or `toleratedFailures` the results are settled outcomes, and
   * it throws `MapFailedError` as soon as the policy cannot be met, after the items under way were cancelled.
   */
  map<Item, B extends Branch<unknown>>(
    items: readonly Item[],
    work: (item: Item, index: number) => B,
    options: MapPolicyOptions,
  ): Operation<SettledOutcome<BranchResult<B>>[]>;
  map<Item, B extends Branch<unknown>>(
    items: readonly Item[],
    work: (item: Item, index: number) => B,
    options?: MapConcurrency,
  ): Operation<BranchResult<B>[]>;

  /**
   * Code that is cancelled on its own and settles when it has ended, clean-up included. After `timeout` it is
   * cancelled, and when it has ended `ScopeTimedOutError` is thrown here. A `shielded` one is not cancelled from
   * outside: the code that awaits it is, at its next `yield*` afterwards; and the run does not end before it.
   */
  scope<B extends Branch<unknown>>(code: () => B, options?: ScopeOptions): Operation<BranchResult<B>>;
  /**
   * Code whose completed steps are undone, the latest first, when it throws or is cancelled; then its error is thrown
   * here. Undoing is shielded and survives a crash, and the run does not end before its sagas. A compensation that fails does not stop the others; afterwards
   * `CompensationFailedError` holds all such errors, with the error of the code as its `cause`.
   */
  saga<Result>(code: (saga: Saga) => WorkflowGenerator<Result>): Operation<Result>;
  /**
   * Called once, at the moment the run is asked to cancel, before its code sees the `CancelledError`; at once when
   * that has happened already. It must not await; an error it throws is logged and stops nothing.
   */
  onCancel(handler: (reason: string) => void): void;

  /**
   * Ends this run and goes on as a new one of the same type under the same workflow id, in one commit: for code that
   * would otherwise gather history for ever. Signals that the code has not consumed and updates that it has not judged
   * move over in order, their ids stay known, pending activities, timers and update handlers at work are cut off, and
   * who waits for the result waits on. Nothing behind it runs, `finally` blocks included.
   */
  continueAsNew(input?: unknown): Operation<never>;

  /** Answers queries from outside with the state of the code; must not change it. */
  onQuery<Input, Output>(
    query: QueryHandle<Input, Output>,
    handler: (input: Input) => Output | Promise<Output>,
  ): void;

  /**
   * Whether the run takes the new branch of a change to the code: true when the run comes here for the first time,
   * false for ever when its history went past here without asking. The same as `getVersion(id, 0, 1) === 1`.
   */
  patched(id: string): boolean;
  /**
   * Which version of a changed piece of code the run takes: `max` when it asks for the first time (recorded), `min` for
   * ever when its history went past here without asking. When the answer is outside of `min` to `max`, the run is
   * held, not failed, until code arrives that supports it.
   */
  getVersion(id: string, min: number, max: number): number;

  /**
   * Takes updates from outside: each runs the handler once, beside the code, in order of acceptance, and its caller
   * gets what it returns or throws. A later registration of the name replaces the earlier one. Updates that come
   * before the first registration are refused, so register before the code first awaits.
   */
  onUpdate<Input, Output>(
    update: UpdateHandle<Input, Output>,
    handler: UpdateHandler<Input, Output>,
    options?: UpdateHandlerOptions<Input>,
  ): void;

  /**
   * Sets search attributes of the run, or removes those given as null or undefined; the others stay. Seen by lists
   * with the commit of this turn, in one moment with the status that the turn leads to. Kept when the run continues
   * as new. Throws `InvalidArgumentError` for undeclared names, wrong types, and past 32 attributes.
   */
  setAttributes(changes: AttributeChangesOf<Declared>): void;
  setAttribute<Name extends AttributeName<Declared>>(
    name: Name,
    value: AttributeOf<Declared, Name> | null | undefined,
  ): void;
  /** Replaces the memo of the run: any value, shown by `describe`, not searched. `undefined` removes it. */
  setMemo(memo: unknown): void;

  /** Redis time of the event that the code is reacting to, epoch ms; same on replay. */
  now(): number;
  /** In [0, 1); same on replay. */
  random(): number;
  /** Version 4 UUID; same on replay. */
  uuid(): string;
}
