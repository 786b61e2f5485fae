import {
  decodePayload,
  encodeHistoryRecord,
  encodePayload,
  failureOf,
  type Failure,
  type HistoryCommand,
  type HistoryEvent,
  type Payload,
} from "@heddle/protocol";
import type { AnyWorkflow, Log } from "@heddle/workflow";
import type { ClosingCommand } from "../closing-command.js";
import { Machine, type MachineOptions } from "../machine.js";
import { offloadedValueNotFound } from "../offloaded-values.js";
import { replayHistory } from "../replay-history.js";
import type { LocalStep } from "../runtime.js";

type Undated<Event> = Event extends HistoryEvent ? Omit<Event, "at"> : never;
export type UndatedEvent = Undated<HistoryEvent>;

export interface RecordedRunOptions extends Partial<Omit<MachineOptions, "workflow" | "log">> {
  /** Forget the machine before each event and rebuild it from the recorded bytes, as after a crash. */
  readonly rebuildBeforeEachEvent?: boolean;
}

export const STARTED_AT_MS = 1_700_000_000_000;

/** One run without Redis: feeds events one second apart and records what an owner would commit. */
export class RecordedRun {
  readonly records: Uint8Array[] = [];
  readonly commands: HistoryCommand[] = [];
  /** Lines that the code logged while it was not replaying. */
  readonly lines: string[] = [];
  /** What the code offloaded, by id: an owner stores it outside of the history. */
  readonly offloaded = new Map<string, Payload>();
  machine: Machine;
  /** Messages that were sent and not answered, whether or not the code still waits. */
  readonly unanswered = new Map<number, HistoryCommand["kind"]>();
  private nowMs = STARTED_AT_MS - 1_000;

  constructor(
    private readonly workflow: AnyWorkflow,
    private readonly options: RecordedRunOptions = {},
  ) {
    this.machine = this.createMachine(workflow);
  }

  /** What the code decided so far, each as kind, sequence number and name. */
  get decisions(): readonly string[] {
    return this.commands.map(summaryOf);
  }
  get closing(): ClosingCommand | undefined {
    return this.machine.closed;
  }
  /** What the code returned. */
  get result(): unknown {
    if (this.closing?.kind !== "completed") throw new Error(`the run is ${JSON.stringify(this.closing)}`);
    return decodePayload(this.closing.result);
  }
  /** What the code threw. */
  get failure(): Failure {
    if (this.closing?.kind !== "failed" && this.closing?.kind !== "cancelled") {
      throw new Error(`the run is ${this.closing?.kind ?? "open"}, it did not fail`);
    }
    return this.closing.failure;
  }

  start(input?: unknown): Promise<readonly string[]> {
    return this.feed({ kind: "started", input: encodePayload(input) });
  }
  signal(name: string, payload?: unknown): Promise<readonly string[]> {
    return this.feed({ kind: "signal", name, payload: encodePayload(payload) });
  }
  complete(activity: string | number, result?: unknown): Promise<readonly string[]> {
    const seq = this.seqOf(activity);
    return this.feed({ kind: "activity-completed", seq, attempt: 1, result: encodePayload(result) });
  }
  fail(activity: string | number, thrown: unknown): Promise<readonly string[]> {
    const seq = this.seqOf(activity);
    return this.feed({ kind: "activity-failed", seq, attempt: 3, failure: failureOf(thrown) });
  }
  /** Fires the timer of that number, or the one that was started first. */
  fire(seq = this.machine.pendingTimers[0] ?? Number.NaN): Promise<readonly string[]> {
    return this.feed({ kind: "timer-fired", seq });
  }
  cancel(reason?: string): Promise<readonly string[]> {
    return this.feed({ kind: "cancel-requested", ...(reason === undefined ? {} : { reason }) });
  }
  /** Runs inline steps until the code awaits none. */
  async runSteps(): Promise<void> {
    for (let [step] = this.machine.pendingSteps; step !== undefined; [step] = this.machine.pendingSteps) {
      await this.feed(await outcomeOf(step, this.offloaded));
    }
  }

  /** Feeds one event; returns the decisions that it caused. */
  async feed(event: UndatedEvent): Promise<readonly string[]> {
    if (this.options.rebuildBeforeEachEvent === true && this.records.length > 0) await this.rebuild();
    this.nowMs += 1_000;
    const dated: HistoryEvent = { ...event, at: this.nowMs };
    supplyTo(this.machine, dated, this.offloaded);
    await this.machine.feed(dated);
    this.records.push(encodeHistoryRecord(dated));
    if (event.kind === "message-answered") this.unanswered.delete(event.seq);
    return this.gather().map(summaryOf);
  }

  /** Records what the code has decided. */
  gather(): readonly HistoryCommand[] {
    for (const { valueId, payload } of this.machine.takeOffloaded()) this.offloaded.set(valueId, payload);
    const decided = this.machine.takeCommands();
    this.records.push(...decided.map(encodeHistoryRecord));
    this.commands.push(...decided);
    for (const command of decided) if (isMessage(command)) this.unanswered.set(command.seq, command.kind);
    return decided;
  }

  readonly readOffloaded = (valueId: string): Promise<Payload | undefined> =>
    Promise.resolve(this.offloaded.get(valueId));

  query(name: string, input?: unknown): unknown {
    return this.machine.query(name, input)?.answer;
  }

  /** Replays the recorded bytes, with the same code or with changed code. */
  async rebuild(workflow: AnyWorkflow = this.workflow): Promise<void> {
    const machine = this.createMachine(workflow);
    await replayHistory(machine, this.records, this.readOffloaded);
    this.machine = machine;
  }

  private seqOf(activity: string | number): number {
    if (typeof activity === "number") return activity;
    const pending = this.machine.pendingActivities;
    const command = this.commands.find(
      (candidate) =>
        candidate.kind === "activity-scheduled" &&
        candidate.name === activity &&
        pending.includes(candidate.seq),
    );
    if (command?.kind !== "activity-scheduled") throw new Error(`no activity "${activity}" is pending`);
    return command.seq;
  }

  private createMachine(workflow: AnyWorkflow): Machine {
    const write =
      (level: string): Log["info"] =>
      (message) =>
        void this.lines.push(`${level} ${message}`);
    return new Machine({
      workflowId: "workflow-1",
      runId: "run-1",
      maxPayloadBytes: 10_000,
      activityDefaults: () => undefined,
      ...this.options,
      workflow,
      log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    });
  }
}

function isMessage(command: HistoryCommand): command is Extract<HistoryCommand, { workflowId: string }> {
  return "workflowId" in command;
}

/** Runs an inline step, or loads a value, as the owner does. */
export async function outcomeOf(
  step: LocalStep,
  offloaded: ReadonlyMap<string, Payload>,
): Promise<UndatedEvent> {
  const { seq } = step;
  try {
    if (!("valueId" in step)) {
      return { kind: "step-completed", seq, result: encodePayload(await step.execute()) };
    }
    if (!offloaded.has(step.valueId)) throw offloadedValueNotFound(step.valueId);
    return { kind: "load-completed", seq, valueId: step.valueId };
  } catch (error) {
    return { kind: "step-failed", seq, failure: failureOf(error) };
  }
}

/** Gives the machine the value that the event tells of. */
export function supplyTo(
  machine: Machine,
  event: HistoryEvent,
  offloaded: ReadonlyMap<string, Payload>,
): void {
  if (event.kind !== "load-completed") return;
  const payload = offloaded.get(event.valueId);
  if (payload !== undefined) machine.supply({ valueId: event.valueId, payload });
}

function summaryOf(command: HistoryCommand): string {
  return [command.kind, "seq" in command ? command.seq : [], "name" in command ? command.name : []]
    .flat()
    .join(" ");
}
