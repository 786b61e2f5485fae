import type { ActivityPolicy, HistoryCommand, NondeterminismError } from "@heddle/protocol";
import { ActivityReferences } from "./activity-references.js";
import { Conditions, type Look } from "./conditions.js";
import { Fiber } from "./fiber.js";
import type { Outcome } from "./outcome.js";
import type { ActivityDefaults, AnyGenerator, LocalStep, Runtime, SettlingEvent, Strand } from "./runtime.js";
import { SignalBuffer } from "./signal-buffer.js";

/** Something that the code started and that is not settled. */
interface Pending {
  kind: "activity" | "timer" | "step" | undefined;
  /** Absent when nobody waits any more. */
  settle: ((event: SettlingEvent) => void) | undefined;
}

/** What the operations of one run have started, decided and made ready. The machine feeds it and takes from it. */
export class CodeRuntime implements Runtime {
  readonly signals = new SignalBuffer();
  readonly references = new ActivityReferences(this);
  private readonly conditions = new Conditions();
  private blocked: NondeterminismError | undefined;
  /** While history is fed: what is decided was decided before. */
  replaying = false;
  /** While history is fed that a reset has cut: its activities are scheduled again. */
  keepsPolicies = false;
  /** The code has ended: nothing of it runs any more. */
  ended = false;
  private commands: HistoryCommand[] = [];
  private readonly unstartedSteps = new Map<number, LocalStep>();
  private readonly pending = new Map<number, Pending>();
  private readonly policies = new Map<number, ActivityPolicy>();
  private readonly ready: { readonly strand: Strand; readonly input: Outcome }[] = [];
  private shields = 0;
  private whenQuiet: (() => void) | undefined;
  private seq = 0;

  constructor(
    public decidingRunId: string,
    readonly maxPayloadBytes: number,
    readonly activityDefaults: (name: string) => ActivityDefaults | undefined,
    /** Ends the code: the run goes on as a new one with this input. */
    readonly continueAsNew: (input: Uint8Array) => void,
  ) {}

  nextSeq(): number {
    return ++this.seq;
  }

  emit(command: HistoryCommand): void {
    this.commands.push(command);
    switch (command.kind) {
      case "activity-scheduled":
        this.pendingOf(command.seq).kind = "activity";
        return;
      case "timer-started":
        this.pendingOf(command.seq).kind = "timer";
        return;
      case "activity-cancelled":
      case "timer-cancelled":
        this.pending.delete(command.seq);
        return;
      default:
    }
  }

  expect(seq: number, settle: (event: SettlingEvent) => void): () => void {
    const pending = this.pendingOf(seq);
    pending.settle = settle;
    return () => {
      pending.settle = undefined;
    };
  }

  noteActivity(seq: number, policy: ActivityPolicy): void {
    if (!this.replaying || this.keepsPolicies) this.policies.set(seq, policy);
  }

  takeSignal(name: string, consume: (payload: Uint8Array) => void): () => void {
    return this.signals.take(name, consume);
  }

  watchCondition(look: Look): () => void {
    return this.conditions.add(look);
  }

  requestStep(step: LocalStep): void {
    this.pendingOf(step.seq).kind = "step";
    this.unstartedSteps.set(step.seq, step);
  }

  withdrawStep(seq: number): void {
    this.pending.delete(seq);
    this.unstartedSteps.delete(seq);
  }

  schedule(strand: Strand, input: Outcome): void {
    if (!this.ended) this.ready.push({ strand, input });
  }

  spawn(generator: AnyGenerator, settle: (outcome: Outcome) => void): Strand {
    const fiber = new Fiber(generator, settle);
    this.ready.push({ strand: fiber, input: { ok: true, value: undefined } });
    return fiber;
  }

  shield(): () => void {
    this.shields++;
    return () => {
      this.shields--;
    };
  }

  get isShielded(): boolean {
    return this.shields > 0;
  }

  /**
   * The code has returned or thrown: `end` is called when nothing is ready to run and no shielded scope is open, so
   * that branches which were cancelled have begun their clean-up and shielded ones have finished it.
   */
  endWhenQuiet(end: () => void): void {
    this.whenQuiet = end;
  }

  /** Hands an event to who awaits it; to nobody when that was cancelled while the outcome was on its way. */
  settle(event: SettlingEvent): void {
    const pending = this.pending.get(event.seq);
    this.pending.delete(event.seq);
    this.unstartedSteps.delete(event.seq);
    pending?.settle?.(event);
  }

  /** Runs what is ready, one piece at a time, until everything awaits. Rejects when the run is blocked. */
  async advance(): Promise<void> {
    do {
      for (let next = this.ready.shift(); next !== undefined; next = this.ready.shift()) {
        const advanced = next.strand.advance(this, next.input);
        if (advanced !== undefined) await advanced;
      }
    } while (this.conditions.release());
    if (this.blocked !== undefined) throw this.blocked;
    if (this.whenQuiet === undefined || this.shields > 0) return;
    const end = this.whenQuiet;
    this.whenQuiet = undefined;
    end();
  }

  /** The code does not fit the history of the run: nothing of it runs on, and `advance` rejects with this. */
  block(error: NondeterminismError): void {
    this.blocked ??= error;
    this.end();
  }

  /** Forgets what would still run. Activities and timers stay pending: they are withdrawn outside. */
  end(): void {
    this.ended = true;
    this.ready.length = 0;
    this.conditions.clear();
    this.signals.abandonWaits();
    this.unstartedSteps.clear();
    for (const seq of this.pendingSeqs("step")) this.pending.delete(seq);
  }

  takeCommands(): HistoryCommand[] {
    const commands = this.commands;
    this.commands = [];
    return commands;
  }

  /** Inline steps that the code awaits and nobody has taken to run. */
  get steps(): readonly LocalStep[] {
    return this.unstartedSteps.size === 0 ? [] : [...this.unstartedSteps.values()];
  }

  takeSteps(): readonly LocalStep[] {
    const { steps } = this;
    this.unstartedSteps.clear();
    return steps;
  }

  takePolicy(seq: number): ActivityPolicy {
    const policy = this.policies.get(seq);
    if (policy === undefined) throw new RangeError(`activity ${seq} was not scheduled in this turn`);
    this.policies.delete(seq);
    return policy;
  }

  isPending(seq: number): boolean {
    return this.pending.has(seq);
  }

  /** Asked for each turn, so without a list. */
  get awaitsSteps(): boolean {
    for (const { kind } of this.pending.values()) if (kind === "step") return true;
    return false;
  }

  pendingSeqs(kind: "activity" | "timer" | "step"): number[] {
    return [...this.pending].filter(([, pending]) => pending.kind === kind).map(([seq]) => seq);
  }

  private pendingOf(seq: number): Pending {
    let pending = this.pending.get(seq);
    if (pending === undefined) {
      pending = { kind: undefined, settle: undefined };
      this.pending.set(seq, pending);
    }
    return pending;
  }
}
