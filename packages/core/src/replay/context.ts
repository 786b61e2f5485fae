import {
  assertName,
  assertSignalId,
  assertWorkflowId,
  assertWorkflowType,
  durationMs,
  InvalidArgumentError,
  type Duration,
} from "@heddle/protocol";
import type {
  AnyWorkflow,
  Branch,
  ChildOptions,
  Log,
  MapOptions,
  RunOptions,
  ScopeOptions,
  StartOrSignalCallOptions,
  UpdateHandlerOptions,
  WorkflowContext,
} from "@heddle/workflow";
import type { Cancellation } from "./cancellation.js";
import type { Children } from "./children.js";
import { activityOperation } from "./operations/activity-call.js";
import { AllOperation } from "./operations/all-operation.js";
import { childCall } from "./operations/child-call.js";
import { RunChildOperation, StartChildOperation } from "./operations/child-operations.js";
import { ConditionOperation } from "./operations/condition-operation.js";
import { ContinueOperation } from "./operations/continue-operation.js";
import { DeferredValue, DeferredWaits } from "./operations/deferred-operation.js";
import { LoadOperation } from "./operations/load-operation.js";
import { MapOperation } from "./operations/map-operation.js";
import { OffloadOperation } from "./operations/offload-operation.js";
import { RaceOperation } from "./operations/race-operation.js";
import type { RuntimeOperation } from "./operations/runtime-operation.js";
import { sagaOperation } from "./operations/saga.js";
import { ScopeOperation } from "./operations/scope-operation.js";
import { SendSignalOperation } from "./operations/send-signal-operation.js";
import { SignalOperation } from "./operations/signal-operation.js";
import { StartOrSignalOperation } from "./operations/start-or-signal-operation.js";
import { StepOperation } from "./operations/step-operation.js";
import { TimerOperation } from "./operations/timer-operation.js";
import { isOffloadedId } from "./offloaded-id.js";
import type { OffloadedValues } from "./offloaded-values.js";
import type { QueryHandlers } from "./query-handlers.js";
import type { Runtime } from "./runtime.js";
import type { SearchWriter } from "./search-writer.js";
import type { SeededRandom } from "./seeded-random.js";
import type { SignalHandlers } from "./signal-handlers.js";
import type { VersionMarkers } from "./version-markers.js";
import type { UpdateHandlers } from "./update-handlers.js";

export interface ContextParts {
  readonly runtime: Runtime;
  readonly workflow: AnyWorkflow;
  readonly identity: {
    readonly workflowId: string;
    readonly runId: string;
    readonly startedAtMs: number;
    readonly parent: { readonly workflowId: string; readonly runId: string } | undefined;
  };
  readonly children: Children;
  readonly cancellation: Cancellation;
  readonly queries: QueryHandlers;
  readonly signalHandlers: SignalHandlers;
  readonly versions: VersionMarkers;
  readonly updates: UpdateHandlers;
  readonly offloaded: () => OffloadedValues;
  readonly search: SearchWriter;
  readonly random: SeededRandom;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly isReplaying: () => boolean;
}

/** The `ctx` of one run. Bad arguments throw in the code, at the call, before anything is decided. */
export function createContext(parts: ContextParts): WorkflowContext {
  // The members are written against their run-time shapes; the types of authors are richer than these.
  return new RunContext(parts) as unknown as WorkflowContext;
}

/** A class, because a run that waits keeps its context in memory, and one function per member would be most of it. */
class RunContext implements Record<keyof WorkflowContext, unknown> {
  readonly workflowId: string;
  readonly runId: string;
  readonly startedAtMs: number;
  readonly parent: { readonly workflowId: string; readonly runId: string } | undefined;
  readonly type: string;
  private runLog: Log | undefined;
  private deferredWaits: DeferredWaits | undefined;

  constructor(private readonly parts: ContextParts) {
    const { identity, workflow } = parts;
    this.workflowId = identity.workflowId;
    this.runId = identity.runId;
    this.startedAtMs = identity.startedAtMs;
    this.parent = identity.parent;
    this.type = workflow.name;
  }

  get signal(): AbortSignal {
    return this.parts.cancellation.signal;
  }

  get log(): Log {
    return (this.runLog ??= logOf(this.parts));
  }

  run(target: unknown, input?: unknown, options?: RunOptions): RuntimeOperation<unknown> {
    const { runtime, workflow } = this.parts;
    if (typeof target !== "function") return activityOperation(runtime, workflow, { target, input, options });
    const execute = target as (input: unknown) => unknown;
    return this.step(target.name === "" ? "anonymous" : target.name, () => execute(input));
  }

  step(name: string, execute: () => unknown): RuntimeOperation<unknown> {
    assertName(name, "step name");
    if (typeof execute !== "function")
      throw new InvalidArgumentError(`step "${name}" got no function to run`);
    return new StepOperation(name, execute);
  }

  offload(value: unknown): RuntimeOperation<unknown> {
    return new OffloadOperation(this.parts.offloaded(), value);
  }

  load(reference: unknown): RuntimeOperation<unknown> {
    const valueId: unknown =
      typeof reference === "object" && reference !== null && "valueId" in reference
        ? reference.valueId
        : undefined;
    if (!isOffloadedId(valueId)) {
      throw new InvalidArgumentError("ctx.load got no reference; give what ctx.offload resolved to");
    }
    return new LoadOperation(this.parts.offloaded(), valueId);
  }

  sleep(duration: Duration): RuntimeOperation<undefined> {
    return new TimerOperation({ durationMs: durationMs(duration, "sleep") });
  }

  sleepUntil(date: Date | number): RuntimeOperation<undefined> {
    return new TimerOperation({ dueMs: epochMs(date) });
  }

  waitForSignal(signal: unknown, options: { timeout?: Duration } = {}): RuntimeOperation<unknown> {
    const name = handleName(signal, "signal");
    const timeoutMs = options.timeout === undefined ? undefined : durationMs(options.timeout, "timeout");
    return new SignalOperation(name, timeoutMs);
  }

  waitUntil(predicate: () => boolean, options: { timeout?: Duration } = {}): RuntimeOperation<undefined> {
    if (typeof predicate !== "function") {
      throw new InvalidArgumentError("ctx.waitUntil takes a function that answers true or false");
    }
    const timeoutMs = options.timeout === undefined ? undefined : durationMs(options.timeout, "timeout");
    return new ConditionOperation(predicate, timeoutMs);
  }

  deferred(): DeferredValue<unknown> {
    return new DeferredValue((this.deferredWaits ??= new DeferredWaits()));
  }

  onSignal(signal: unknown, handler: (payload: unknown) => unknown): void {
    const name = handleName(signal, "signal");
    if (typeof handler !== "function") throw new InvalidArgumentError(`signal "${name}" got no handler`);
    this.parts.signalHandlers.register(name, handler);
  }

  /** A function without `this`, because it is passed on: `ctx.waitUntil(ctx.allHandlersFinished)`. */
  get allHandlersFinished(): () => boolean {
    const { signalHandlers, updates } = this.parts;
    return () => signalHandlers.allFinished && updates.openIds.length === 0;
  }

  signalWorkflow(
    workflowId: string,
    signal: unknown,
    payload?: unknown,
    options: { signalId?: string } = {},
  ): RuntimeOperation<undefined> {
    assertWorkflowId(workflowId);
    const { signalId } = options;
    if (signalId !== undefined) assertSignalId(signalId);
    return new SendSignalOperation({ workflowId, name: handleName(signal, "signal"), payload, signalId });
  }

  startOrSignal(
    type: string,
    input: unknown,
    signal: { name: string; payload?: unknown; signalId?: string },
    options: StartOrSignalCallOptions = {},
  ): RuntimeOperation<unknown> {
    assertWorkflowType(type);
    const name = handleName(signal, "signal");
    if (signal.signalId !== undefined) assertSignalId(signal.signalId);
    return new StartOrSignalOperation({ type, input, signal: { ...signal, name }, options });
  }

  startChild(type: unknown, input?: unknown, options?: ChildOptions): RuntimeOperation<unknown> {
    return new StartChildOperation(this.parts.children, childCall(type, input, options));
  }

  runChild(type: unknown, input?: unknown, options?: ChildOptions): RuntimeOperation<unknown> {
    return new RunChildOperation(this.parts.children, childCall(type, input, options));
  }

  all(branches: readonly Branch<unknown>[]): RuntimeOperation<unknown> {
    return new AllOperation(branches);
  }

  allSettled(branches: readonly Branch<unknown>[]): RuntimeOperation<unknown> {
    return new AllOperation(branches, { settled: true });
  }

  map(
    items: readonly unknown[],
    work: (item: unknown, index: number) => unknown,
    options?: MapOptions,
  ): RuntimeOperation<unknown> {
    return new MapOperation(items, work, options);
  }

  scope(code: () => unknown, options: ScopeOptions = {}): RuntimeOperation<unknown> {
    const { timeout, shielded } = options;
    if (typeof code !== "function")
      throw new InvalidArgumentError("ctx.scope takes a function that gives a branch");
    const timeoutMs = timeout === undefined ? undefined : durationMs(timeout, "timeout of the scope");
    return new ScopeOperation(code, { timeoutMs, shielded: shielded === true });
  }

  saga(code: Parameters<typeof sagaOperation>[0]): RuntimeOperation<unknown> {
    if (typeof code !== "function") throw new InvalidArgumentError("ctx.saga takes a generator function");
    return sagaOperation(code);
  }

  onCancel(handler: (reason: string) => unknown): void {
    if (typeof handler !== "function") throw new InvalidArgumentError("ctx.onCancel got no handler");
    this.parts.cancellation.handlers.register(handler);
  }

  race(branches: readonly Branch<unknown>[]): RuntimeOperation<unknown> {
    return new RaceOperation(branches);
  }

  continueAsNew(input?: unknown): RuntimeOperation<never> {
    return new ContinueOperation(input);
  }

  onQuery(query: unknown, handler: (input: unknown) => unknown): void {
    const name = handleName(query, "query");
    if (typeof handler !== "function") throw new InvalidArgumentError(`query "${name}" got no handler`);
    this.parts.queries.register(name, handler);
  }

  patched(id: string): boolean {
    return this.getVersion(id, 0, 1) === 1;
  }

  getVersion(id: string, min: number, max: number): number {
    assertName(id, "id of a change");
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min > max) {
      throw new InvalidArgumentError(
        `getVersion("${id}") got the versions ${String(min)} to ${String(max)}; give two whole numbers, the smaller first`,
      );
    }
    return this.parts.versions.answer(id, { min, max });
  }

  onUpdate(
    update: unknown,
    handler: (input: unknown) => unknown,
    options: UpdateHandlerOptions<unknown> = {},
  ): void {
    const name = handleName(update, "update");
    const { validate } = options;
    if (typeof handler !== "function") throw new InvalidArgumentError(`update "${name}" got no handler`);
    if (validate !== undefined && typeof validate !== "function") {
      throw new InvalidArgumentError(`the validator of update "${name}" is no function`);
    }
    this.parts.updates.register(name, { handler, validate });
  }

  setAttributes(changes: unknown): void {
    this.parts.search.setAttributes(changes);
  }

  setAttribute(name: string, value: unknown): void {
    this.parts.search.setAttributes({ [name]: value });
  }

  setMemo(memo: unknown): void {
    this.parts.search.setMemo(memo);
  }

  now(): number {
    return this.parts.nowMs();
  }

  random(): number {
    return this.parts.random.next();
  }

  uuid(): string {
    return this.parts.random.uuid();
  }
}

function handleName(handle: unknown, what: "signal" | "query" | "update"): string {
  const name: unknown =
    typeof handle === "object" && handle !== null && "name" in handle ? handle.name : handle;
  assertName(name, `${what} name`);
  return name;
}

function epochMs(date: Date | number): number {
  const ms: unknown = date instanceof Date ? date.getTime() : date;
  if (typeof ms !== "number" || !Number.isFinite(ms) || ms < 0 || ms > 8.64e15) {
    throw new InvalidArgumentError(`sleepUntil got ${String(date)}; give a Date or epoch milliseconds`);
  }
  return Math.ceil(ms);
}

/** The code's own lines, with the ids of its run on each, written once however often the code is replayed. */
function logOf({ log, identity, isReplaying }: ContextParts): Log {
  const { workflowId, runId } = identity;
  const unlessReplaying =
    (level: keyof Log): Log[keyof Log] =>
    (message, fields) => {
      if (!isReplaying()) log[level](message, { workflowId, runId, ...fields });
    };
  return {
    debug: unlessReplaying("debug"),
    info: unlessReplaying("info"),
    warn: unlessReplaying("warn"),
    error: unlessReplaying("error"),
  };
}
