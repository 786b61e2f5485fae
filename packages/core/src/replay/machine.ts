import {
  CancelledError,
  decodePayload,
  encodePayload,
  failureOf,
  InvalidArgumentError,
  type ActivityPolicy,
  type HistoryCommand,
  type HistoryEvent,
} from "@heddle/protocol";
import type { AnyWorkflow, Log } from "@heddle/workflow";
import { createContext } from "./context.js";
import { Fiber } from "./fiber.js";
import { isGenerator } from "./operations/branch.js";
import type { Outcome } from "./outcome.js";
import { QueryHandlers } from "./query-handlers.js";
import type { ActivityDefaults, LocalStep, Runtime, SettlingEvent, Strand } from "./runtime.js";
import { SeededRandom } from "./seeded-random.js";
import { SignalBuffer } from "./signal-buffer.js";

export interface MachineOptions {
  readonly workflow: AnyWorkflow;
  readonly workflowId: string;
  readonly runId: string;
  readonly log: Log;
  readonly maxPayloadBytes: number;
  /** Queue, retry and timeouts of activities that the workflow names but does not define. */
  readonly activityDefaults: (name: string) => ActivityDefaults | undefined;
}

export type ClosingCommand = Extract<HistoryCommand, { kind: "completed" | "failed" | "cancelled" }>;

/**
 * Runs the code of one run: events in, commands out, no I/O. Events are fed strictly one at a time, and between
 * two events the code runs until every fiber of it awaits something; so the same history gives the same commands,
 * however the events were batched on their way.
 */
export class Machine {
  /** What the code decided since `takeCommands` was called last. */
  private commands: HistoryCommand[] = [];
  private readonly policies = new Map<number, ActivityPolicy>();
  private readonly expected = new Map<number, (event: SettlingEvent) => void>();
  private readonly steps = new Map<number, LocalStep>();
  private readonly activities = new Set<number>();
  private readonly timers = new Set<number>();
  private readonly signals = new SignalBuffer();
  private readonly ready: { strand: Strand; input: Outcome }[] = [];
  private readonly queries = new QueryHandlers();
  private readonly cancellation = new AbortController();
  private readonly random: SeededRandom;
  private readonly runtime: Runtime;
  private seq = 0;
  private nowMs = 0;
  private root: Strand | undefined;
  private closing: ClosingCommand | undefined;
  /** Set while history is fed, so that the code's log lines are not written twice. */
  replaying = false;

  constructor(private readonly options: MachineOptions) {
    this.random = new SeededRandom(options.runId);
    this.runtime = this.createRuntime();
  }

  /** How the code ended, once it has. Events fed later change nothing. */
  get closed(): ClosingCommand | undefined {
    return this.closing;
  }
  /** Inline steps that the owner has to run. */
  get pendingSteps(): readonly LocalStep[] {
    return [...this.steps.values()];
  }
  get pendingActivities(): readonly number[] {
    return [...this.activities];
  }
  get pendingTimers(): readonly number[] {
    return [...this.timers];
  }
  get queryNames(): readonly string[] {
    return this.queries.names;
  }

  hasStep(seq: number): boolean {
    return this.steps.has(seq);
  }

  takeCommands(): HistoryCommand[] {
    const commands = this.commands;
    this.commands = [];
    return commands;
  }

  /** Policy of a scheduled activity; asked once, when its command is committed. */
  takePolicy(seq: number): ActivityPolicy {
    const policy = this.policies.get(seq);
    if (policy === undefined) throw new RangeError(`activity ${seq} was not scheduled in this turn`);
    this.policies.delete(seq);
    return policy;
  }

  /** Feeds one event and runs the code until it awaits. Resolves at once for code that awaits only `ctx`. */
  async feed(event: HistoryEvent): Promise<void> {
    // Never backwards, whatever the clocks of two primaries say.
    this.nowMs = Math.max(this.nowMs, event.at);
    if (this.closing !== undefined) return;
    this.deliver(event);
    for (let turn = this.ready.shift(); turn !== undefined; turn = this.ready.shift()) {
      await turn.strand.advance(this.runtime, turn.input);
    }
  }

  /** Answers a query with the code's own handler; `undefined` when there is none of that name. */
  query(name: string, input: unknown): { readonly answer: unknown } | undefined {
    // A handler that draws must not change what the code draws next: a query is not part of history.
    return this.random.aside(() => this.queries.ask(name, input));
  }

  private deliver(event: HistoryEvent): void {
    switch (event.kind) {
      case "started":
        this.begin(event.at, decodePayload(event.input));
        return;
      case "signal":
        this.signals.deliver(event.name, event.payload);
        return;
      case "cancel-requested":
        this.cancel(event.reason ?? "the run was asked to cancel");
        return;
      case "activity-completed":
      case "activity-failed":
      case "timer-fired":
      case "step-completed":
      case "step-failed":
        this.settle(event);
    }
  }

  private begin(atMs: number, input: unknown): void {
    const context = createContext({
      runtime: this.runtime,
      workflow: this.options.workflow,
      identity: { workflowId: this.options.workflowId, runId: this.options.runId, startedAtMs: atMs },
      cancellation: this.cancellation.signal,
      queries: this.queries,
      random: this.random,
      nowMs: () => this.nowMs,
      log: this.options.log,
      isReplaying: () => this.replaying,
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
    this.root = this.runtime.spawn(generator, (outcome) => this.close(outcome));
  }

  /** Once: code that caught the cancellation may clean up without being cancelled again. */
  private cancel(reason: string): void {
    if (this.cancellation.signal.aborted) return;
    this.cancellation.abort(new CancelledError(reason));
    this.root?.cancel(this.runtime, reason);
  }

  private settle(event: SettlingEvent): void {
    this.steps.delete(event.seq);
    this.activities.delete(event.seq);
    this.timers.delete(event.seq);
    const settle = this.expected.get(event.seq);
    this.expected.delete(event.seq);
    // Nobody waits any more when the operation was cancelled while its outcome was on the way.
    settle?.(event);
  }

  private close(outcome: Outcome): void {
    this.ready.length = 0;
    this.steps.clear();
    this.closing = this.closingOf(outcome);
    this.commands.push(this.closing);
  }

  private closingOf(outcome: Outcome): ClosingCommand {
    const at = this.nowMs;
    try {
      if (outcome.ok) {
        const result = encodePayload(outcome.value, {
          what: "result of the workflow",
          maxBytes: this.options.maxPayloadBytes,
        });
        return { kind: "completed", at, result };
      }
    } catch (error) {
      return { kind: "failed", at, failure: failureOf(error) };
    }
    // Code that lets the cancellation through ends as cancelled; any other error is its own.
    const cancelled = outcome.error instanceof CancelledError && this.cancellation.signal.aborted;
    return { kind: cancelled ? "cancelled" : "failed", at, failure: failureOf(outcome.error) };
  }

  private createRuntime(): Runtime {
    return {
      maxPayloadBytes: this.options.maxPayloadBytes,
      activityDefaults: this.options.activityDefaults,
      nextSeq: () => ++this.seq,
      emit: (command) => this.record(command),
      noteActivity: (seq, policy) => {
        if (!this.replaying) this.policies.set(seq, policy);
      },
      expect: (seq, settle) => {
        this.expected.set(seq, settle);
        return () => this.expected.delete(seq);
      },
      takeSignal: (name, consume) => this.signals.take(name, consume),
      requestStep: (step) => this.steps.set(step.seq, step),
      withdrawStep: (seq) => this.steps.delete(seq),
      schedule: (strand, input) => {
        if (this.closing === undefined) this.ready.push({ strand, input });
      },
      spawn: (generator, settle) => {
        const fiber = new Fiber(generator, settle);
        this.ready.push({ strand: fiber, input: { ok: true, value: undefined } });
        return fiber;
      },
    };
  }

  private record(command: HistoryCommand): void {
    this.commands.push(command);
    switch (command.kind) {
      case "activity-scheduled":
        this.activities.add(command.seq);
        return;
      case "activity-cancelled":
        this.activities.delete(command.seq);
        return;
      case "timer-started":
        this.timers.add(command.seq);
        return;
      case "timer-cancelled":
        this.timers.delete(command.seq);
        return;
      default:
    }
  }
}

function notAGenerator(type: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `the code of workflow "${type}" is no generator function; write execute(async function* (ctx, input) { … })`,
  );
}
