import {
  decodePayload,
  InvalidArgumentError,
  type ActivityPolicy,
  type Failure,
  type HistoryCommand,
  type HistoryEvent,
  type ParentRun,
} from "@heddle/protocol";
import type { AnyWorkflow, Log } from "@heddle/workflow";
import { Cancellation } from "./cancellation.js";
import { Children } from "./children.js";
import { closingOf, type ClosingCommand } from "./closing-command.js";
import { CodeRuntime } from "./code-runtime.js";
import { createContext } from "./context.js";
import { isGenerator } from "./operations/branch.js";
import { offloadedIdsIn } from "./offloaded-id.js";
import { DEFAULT_OFFLOAD_LIMITS, OffloadedValues, type OffloadLimits } from "./offloaded-values.js";
import type { Outcome } from "./outcome.js";
import { QueryHandlers } from "./query-handlers.js";
import type { PendingChild } from "../store/messages.js";
import type { ActivityDefaults, LocalStep, Strand } from "./runtime.js";
import { SeededRandom } from "./seeded-random.js";
import { SearchWriter } from "./search-writer.js";
import { SignalHandlers } from "./signal-handlers.js";
import { VersionMarkers } from "./version-markers.js";
import type { CarriedEvent } from "../store/continuation.js";
import type { OffloadedPayload } from "../store/offloaded-payload.js";
import { UpdateHandlers } from "./update-handlers.js";

export interface MachineOptions {
  readonly workflow: AnyWorkflow;
  readonly workflowId: string;
  readonly runId: string;
  readonly log: Log;
  readonly maxPayloadBytes: number;
  readonly offloadLimits?: OffloadLimits;
  /** Queue, retry and timeouts of activities that the workflow names but does not define. */
  readonly activityDefaults: (name: string) => ActivityDefaults | undefined;
}

/**
 * Runs the code of one run: events in, commands out, no I/O. Events are fed strictly one at a time, and between
 * two events the code runs until every fiber of it awaits something; so the same history gives the same commands,
 * however the events were batched on their way.
 */
export class Machine {
  private readonly runtime: CodeRuntime;
  private readonly queries = new QueryHandlers();
  private readonly cancellation: Cancellation;
  private readonly signalHandlers: SignalHandlers;
  private readonly versions: VersionMarkers;
  private readonly updates: UpdateHandlers;
  private readonly children: Children;
  private readonly search: SearchWriter;
  private asked = false;
  private readonly random: SeededRandom;
  private parentRun: ParentRun | undefined;
  /** Made with the first offloaded value, because most runs have none and many wait in memory. */
  private offloadedValues: OffloadedValues | undefined;
  private nowMs = 0;
  private root: Strand | undefined;
  private closing: ClosingCommand | undefined;
  /** Accepted behind the end of code that continues as new. */
  private readonly behindEnd: CarriedEvent[] = [];

  constructor(private readonly options: MachineOptions) {
    this.random = new SeededRandom(options.runId);
    this.cancellation = new Cancellation(options.log, () => this.replaying);
    this.runtime = new CodeRuntime(
      options.runId,
      options.maxPayloadBytes,
      options.activityDefaults,
      (input) => this.continueAsNew(input),
    );
    this.signalHandlers = new SignalHandlers(this.runtime, (error) => this.close({ ok: false, error }));
    this.versions = new VersionMarkers(this.runtime);
    this.updates = new UpdateHandlers(this.runtime);
    this.children = new Children(this.runtime);
    this.search = new SearchWriter(this.runtime, options.workflow.attributeTypes, () => this.asked);
  }

  /** Set while history is fed, so that the code's log lines are not written twice. */
  get replaying(): boolean {
    return this.runtime.replaying;
  }
  set replaying(replaying: boolean) {
    this.runtime.replaying = replaying;
  }
  /** How the code ended, once it has. Events fed later change nothing. */
  get closed(): ClosingCommand | undefined {
    return this.closing;
  }
  get pendingActivities(): readonly number[] {
    return this.runtime.pendingSeqs("activity");
  }
  get pendingTimers(): readonly number[] {
    return this.runtime.pendingSeqs("timer");
  }
  /** What goes with the run that continues this one, in the order of acceptance. */
  get carriedEvents(): readonly CarriedEvent[] {
    const signals = this.runtime.signals.unconsumed.map((signal) => ({ ...signal, kind: "signal" as const }));
    return [...signals, ...this.behindEnd];
  }
  get queryNames(): readonly string[] {
    return this.queries.names;
  }

  /** Ids of updates that the code accepted and has not completed, also once it has ended. */
  get openUpdates(): readonly string[] {
    return this.updates.openIds;
  }

  /** Children whose end the code has not heard of, also once it has ended. */
  get pendingChildren(): readonly PendingChild[] {
    return this.children.pending;
  }

  /** The run that started this one as a child. */
  get parent(): ParentRun | undefined {
    return this.parentRun;
  }

  /** Every reference that the code ever gave an activity. */
  get activityReferences(): readonly string[] {
    return this.runtime.references.names;
  }

  /** What the code decided since the last call. */
  takeCommands(): HistoryCommand[] {
    return this.runtime.takeCommands();
  }

  /** Values that the code offloaded since the last call: they are stored in the commit of its commands. */
  takeOffloaded(): readonly OffloadedPayload[] {
    return this.offloadedValues?.takeUncommitted() ?? [];
  }

  /** Before a `load-completed` is fed: the value that it tells of. */
  supply(value: OffloadedPayload): void {
    this.offloaded.supply(value);
  }

  /** Before replay begins: a value that history says was offloaded. */
  recallOffloaded(record: { readonly seq: number; readonly valueId: string }): void {
    this.offloaded.recall(record);
  }

  /** Inline steps that the owner has to run. */
  get pendingSteps(): readonly LocalStep[] {
    return this.runtime.steps;
  }

  /** The same, for an owner that runs them now: they are not pending any more. */
  takeSteps(): readonly LocalStep[] {
    return this.runtime.takeSteps();
  }

  /** Whether the code awaits inline steps, those included that the owner runs now. */
  get awaitsSteps(): boolean {
    return this.runtime.awaitsSteps;
  }

  /** Whether the code still awaits this step. */
  hasStep(seq: number): boolean {
    return this.runtime.isPending(seq);
  }

  /** Policy of a scheduled activity; asked once, when its command is committed. */
  takePolicy(seq: number): ActivityPolicy {
    return this.runtime.takePolicy(seq);
  }

  /** Before replay begins: what the code was told about a change, wherever in its history that is. */
  recallVersion(marker: { readonly id: string; readonly version: number }): void {
    this.versions.recall(marker);
  }

  /** What is decided from now on draws the random numbers and makes the ids of this run: a reset has cut the history here. */
  reseed(runId: string): void {
    this.random.reseed(runId);
    this.runtime.decidingRunId = runId;
  }

  /** Before replay begins: the activities that are pending after it are to be scheduled again. */
  keepPolicies(): void {
    this.runtime.keepsPolicies = true;
  }

  /**
   * Feeds one event and runs the code until it awaits. Resolves at once for code that awaits only `ctx`.
   * Rejects with `NondeterminismError` when the code does not support a version that the run takes; then the
   * machine is of no use any more, and what it decided by this event is void.
   */
  feed(event: HistoryEvent): Promise<void> {
    // Never backwards, whatever the clocks of two primaries say.
    this.nowMs = Math.max(this.nowMs, event.at);
    if (this.closing === undefined) this.deliver(event);
    else if (this.closing.kind === "continued" && isCarried(event)) this.behindEnd.push(event);
    return this.runtime.advance();
  }

  /** Answers a query with the code's own handler; `undefined` when there is none of that name. */
  query(name: string, input: unknown): { readonly answer: unknown } | undefined {
    // A handler that draws must not change what the code draws next: a query is not part of history.
    return this.aside(() => this.queries.ask(name, input));
  }

  /** Why the code, as it stands, would not accept the update; `undefined` when it would. To ask changes nothing. */
  refusalOf(update: Extract<HistoryEvent, { kind: "update" }>): Failure | undefined {
    const { name } = update;
    return this.aside(() => this.updates.refusal({ name, input: decodePayload(update.input) }));
  }

  /** Asks the code something that is not part of its history. */
  private aside<T>(question: () => T): T {
    this.asked = true;
    try {
      return this.random.aside(question);
    } finally {
      this.asked = false;
    }
  }

  private deliver(event: HistoryEvent): void {
    switch (event.kind) {
      case "started":
        this.parentRun = event.parent;
        this.children.depth = event.parent?.depth ?? 0;
        if (event.replaces !== undefined) this.inheritOffloaded(event.input);
        this.begin(event.at, decodePayload(event.input));
        return;
      case "signal":
        this.runtime.signals.deliver(event);
        this.signalHandlers.arrived(event.name);
        return;
      case "update":
        this.updates.begin({ ...event, input: decodePayload(event.input) });
        return;
      case "cancel-requested":
        this.cancel(event.reason ?? "the run was asked to cancel");
        return;
      case "activity-completed":
      case "activity-failed":
      case "timer-fired":
      case "step-completed":
      case "step-failed":
      case "message-answered":
      case "child-completed":
      case "child-failed":
      case "load-completed":
        this.runtime.settle(event);
    }
  }

  private begin(atMs: number, input: unknown): void {
    const context = createContext({
      runtime: this.runtime,
      workflow: this.options.workflow,
      identity: {
        ...{ workflowId: this.options.workflowId, runId: this.options.runId, startedAtMs: atMs },
        parent: this.parentRun && { workflowId: this.parentRun.workflowId, runId: this.parentRun.runId },
      },
      children: this.children,
      cancellation: this.cancellation,
      queries: this.queries,
      signalHandlers: this.signalHandlers,
      versions: this.versions,
      updates: this.updates,
      offloaded: () => this.offloaded,
      search: this.search,
      random: this.random,
      nowMs: () => this.nowMs,
      log: this.options.log,
      isReplaying: () => this.runtime.replaying,
    });
    const { workflow } = this.options;
    let generator: unknown;
    try {
      // Default values and destructuring of the parameters run here, outside the generator.
      generator = workflow.run(context, input);
      if (!isGenerator(generator)) throw notAGenerator(workflow.name);
    } catch (error) {
      if (generator instanceof Promise) generator.catch(() => undefined);
      this.close({ ok: false, error });
      return;
    }
    this.root = this.runtime.spawn(generator, (outcome) =>
      this.runtime.endWhenQuiet(() => this.close(outcome)),
    );
  }

  private inheritOffloaded(input: Uint8Array): void {
    const inherited = offloadedIdsIn([input]);
    if (inherited.length > 0) this.offloaded.inherit(inherited);
  }

  private get offloaded(): OffloadedValues {
    const { runId, offloadLimits = DEFAULT_OFFLOAD_LIMITS } = this.options;
    return (this.offloadedValues ??= new OffloadedValues(runId, offloadLimits));
  }

  private cancel(reason: string): void {
    if (!this.cancellation.request(reason)) return;
    this.root?.cancel(this.runtime, reason);
    this.signalHandlers.cancel(reason);
    this.updates.cancel(reason);
  }

  /** Refused while something would be cut off that a run does not end before. */
  private continueAsNew(input: Uint8Array): void {
    if (this.runtime.isShielded) {
      throw new InvalidArgumentError(
        "continueAsNew was called while a saga or a shielded scope had not ended; call it outside of them, when they have",
      );
    }
    this.end({ kind: "continued", at: this.nowMs, input });
  }

  private close(outcome: Outcome): void {
    const { nowMs } = this;
    const { maxPayloadBytes } = this.options;
    const { isRequested: isCancelRequested } = this.cancellation;
    this.end(closingOf(outcome, { nowMs, maxPayloadBytes, isCancelRequested }));
  }

  private end(closing: ClosingCommand): void {
    this.runtime.end();
    this.closing = closing;
    this.runtime.emit(closing);
  }
}

/** The rest is about what this run has started, which ends with it. */
function isCarried(event: HistoryEvent): event is HistoryEvent & CarriedEvent {
  return event.kind === "signal" || event.kind === "update" || event.kind === "cancel-requested";
}

function notAGenerator(type: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `the code of workflow "${type}" is no generator function; write execute(async function* (ctx, input) { … })`,
  );
}
