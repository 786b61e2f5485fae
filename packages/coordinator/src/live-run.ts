import type { InboxEntry, LoadedRun, LocalStep, Machine, OffloadedPayload, TurnCommit } from "@heddle/core";
import {
  decodePayload,
  encodeHistoryRecord,
  encodePayload,
  isClosedStatus,
  NondeterminismError,
  PayloadNotDecodableError,
  type HistoryEvent,
  type Payload,
  type WorkflowStatus,
} from "@heddle/protocol";
import type { AnyWorkflow } from "@heddle/workflow";
import { eventOf, unreadableReason } from "./inbox-event.js";
import { runLocalStep, type StepOutcome } from "./local-steps.js";
import { rebuildRun } from "./rebuild-run.js";
import { outlivesReset } from "./reset-turn.js";
import { TurnBuffer } from "./turn-buffer.js";
import { statusAfter, turnCommit } from "./turn-commit.js";
import { judgeUpdate } from "./update-progress.js";

/** What a live run needs of the process around it. */
export interface RunSurroundings {
  readonly maxPayloadBytes: number;
  readonly ticketCheckMs: number;
  createMachine(workflow: AnyWorkflow, identity: { workflowId: string; runId: string }): Machine;
  newToken(): string;
  /** Redis time in epoch ms. */
  nowMs(): number;
  /** A value that the workflow has outside of its history; `undefined` when it has none of that id. */
  readOffloaded(run: LiveRun, valueId: string): Promise<Payload | undefined>;
  /** They are stored: whoever loads them next need not read them. */
  offloaded(run: LiveRun, values: readonly OffloadedPayload[]): void;
  /** The run has something to commit that nobody waits for (an inline step ended). */
  becameDirty(run: LiveRun): void;
}

/** Something to feed: an accepted entry, or the outcome of an inline step; or why it has none and the run is held. */
type Input = { readonly entry: InboxEntry } | StepOutcome | { readonly heldReason: string };

/**
 * One open run in the memory of its owner. With code it feeds events to the machine and gathers what it decides;
 * without (suspended, no code for it, blocked) it only moves accepted events into history, so that a run that
 * cannot go on never holds up its partition.
 */
export class LiveRun {
  readonly workflowId: string;
  readonly runId: string;
  private buffer = new TurnBuffer();
  private machine: Machine | undefined;
  private rebuilt = false;
  /** What Redis was told last of steps to run, as far as this run in memory knows. */
  private notedSteps: boolean | undefined;
  private readonly inputs: Input[] = [];
  private readonly runningSteps = new Set<number>();
  private working: Promise<void> = Promise.resolve();
  private busy = false;
  private status: WorkflowStatus;
  private historyLength: number;
  private committing: TurnBuffer | undefined;
  private waitsForMore = false;
  private dropped = false;

  private constructor(
    private readonly loaded: LoadedRun,
    private readonly code: { readonly workflow: AnyWorkflow } | { readonly missing: string },
    private readonly around: RunSurroundings,
  ) {
    this.workflowId = loaded.header.workflowId;
    this.runId = loaded.header.runId;
    this.status = loaded.header.status;
    this.historyLength = loaded.header.historyLength;
    if (this.historyLength === 0) this.notedSteps = false;
  }

  /** `code` is the workflow of the run, or why there is none. Its history is replayed by the first `feed`. */
  static open(loaded: LoadedRun, code: LiveRun["code"], around: RunSurroundings): LiveRun {
    return new LiveRun(loaded, code, around);
  }

  /** No code moves the run: it is suspended, blocked, waits for its start, or nobody has its code. */
  get isHeld(): boolean {
    return this.machine === undefined;
  }
  /** Whether an entry of the inbox is for it: it also takes what was accepted for the runs that were reset to it. */
  takesEntriesOf(runId: string): boolean {
    return takesEntriesOf(this.loaded, runId);
  }

  /** Nothing to commit and nothing under way: may be evicted at any time. */
  get isIdle(): boolean {
    return (
      this.buffer.isEmpty && !this.isBusy && this.committing === undefined && this.runningSteps.size === 0
    );
  }
  get isBusy(): boolean {
    return this.busy;
  }
  /** Whether `takeTurn` has something to take now. */
  get canCommit(): boolean {
    return !this.buffer.isEmpty && !this.isBusy && this.committing === undefined && !this.waitsForMore;
  }
  /** Of values that the next commit stores outside of the history. */
  get offloadedBytes(): number {
    return this.buffer.offloaded.reduce((sum, { payload }) => sum + payload.byteLength, 0);
  }
  get hasRunningSteps(): boolean {
    return this.runningSteps.size > 0;
  }
  get isClosed(): boolean {
    return isClosedStatus(this.status);
  }

  /** Sequence numbers of what the code awaits outside of it, as far as there is code. */
  get pending(): { readonly activities: readonly number[]; readonly timers: readonly number[] } {
    return { activities: this.machine?.pendingActivities ?? [], timers: this.machine?.pendingTimers ?? [] };
  }

  /** Resolves when the code awaits again. */
  feed(entries: readonly InboxEntry[]): Promise<void> {
    this.waitsForMore = false;
    this.inputs.push(...entries.map((entry) => ({ entry })));
    return this.work();
  }

  /** Resolves when the code awaits, the replay of its history included. */
  async settled(): Promise<void> {
    await this.work();
  }

  /** The answer of the code's handler; `undefined` when it has none of that name. Only for runs with code. */
  async query(name: string, input: Uint8Array) {
    if (this.machine === undefined) return undefined;
    const answer = this.machine.query(name, decodePayload(input));
    if (answer === undefined) return { known: this.machine.queryNames };
    return { result: encodePayload(await answer.answer, { what: `answer of query "${name}"` }) };
  }

  /** Takes what there is to commit; call only when `canCommit`. Then `committed`, `retryWithMore` or `drop` follows. */
  takeTurn(): TurnCommit {
    const buffer = this.buffer;
    this.buffer = new TurnBuffer();
    this.committing = buffer;
    const awaitsSteps = this.machine?.awaitsSteps;
    // When the run is held no more, that note goes as well.
    if (awaitsSteps !== this.notedSteps || buffer.heldReason !== undefined) buffer.awaitsSteps = awaitsSteps;
    return turnCommit({
      ...{ header: this.loaded.header, buffer, machine: this.machine },
      ...{ statusBefore: this.status, historyLength: this.historyLength },
      workflow: "workflow" in this.code ? this.code.workflow : undefined,
      around: this.around,
    });
  }

  committed(historyLength: number): void {
    const buffer = this.committing;
    this.committing = undefined;
    this.historyLength = historyLength;
    if (buffer !== undefined) {
      this.status = statusAfter(buffer, this.status);
      this.notedSteps = buffer.awaitsSteps ?? this.notedSteps;
      this.around.offloaded(this, buffer.offloaded);
    }
    this.startSteps();
  }

  /** More was accepted before the end of the run could be committed; it goes into history first. */
  retryWithMore(): void {
    const buffer = this.committing;
    this.committing = undefined;
    if (buffer !== undefined) this.buffer.prepend(buffer);
    this.waitsForMore = true;
  }

  /** The run is not what this was computed from. Returns the entries that no commit has taken. */
  drop(): readonly string[] {
    this.dropped = true;
    const entryIds = [...(this.committing?.entryIds ?? []), ...this.buffer.entryIds];
    for (const input of this.inputs) if ("entry" in input) entryIds.push(input.entry.entryId);
    this.inputs.length = 0;
    return entryIds;
  }

  private work(): Promise<void> {
    if (!this.isBusy) this.working = this.workOff();
    return this.working;
  }

  private async workOff(): Promise<void> {
    this.busy = true;
    try {
      if (!this.rebuilt) await this.rebuild();
      for (
        let input = this.inputs.shift();
        input !== undefined && !this.dropped;
        input = this.inputs.shift()
      ) {
        const event = this.take(input);
        if (event === undefined || this.machine === undefined) continue;
        try {
          await this.machine.feed(event);
          this.gather(this.machine);
        } catch (error) {
          this.block(event, error);
        }
      }
      if (!this.dropped) this.startSteps();
    } finally {
      this.busy = false;
    }
  }

  /** Replays the history, then lets the code see what was held back from it. */
  private async rebuild(): Promise<void> {
    this.rebuilt = true;
    const { header } = this.loaded;
    if (header.status === "suspended" || this.loaded.waitsForStart === true) return;
    if ("missing" in this.code) {
      this.noteHeld(this.code.missing);
      return;
    }
    if (this.loaded.unreadable !== undefined) {
      this.noteHeld(this.loaded.unreadable);
      return;
    }
    const machine = this.around.createMachine(this.code.workflow, header);
    try {
      await rebuildRun(machine, this.loaded, {
        ...{ buffer: this.buffer, nowMs: () => this.around.nowMs() },
        gather: () => this.gather(machine),
        readOffloaded: (valueId) => this.around.readOffloaded(this, valueId),
        admits: (event) => this.admits(machine, event),
      });
      this.machine = machine;
      if (header.heldReason !== undefined) this.buffer.heldReason = "";
    } catch (error) {
      if (!(error instanceof NondeterminismError || error instanceof PayloadNotDecodableError)) throw error;
      this.machine = undefined;
      this.buffer = new TurnBuffer();
      this.noteHeld(error.message);
    }
  }

  /** The code does not support what the run has decided before: the event that showed it is kept for other code. */
  private block(event: HistoryEvent, error: unknown): void {
    if (!(error instanceof NondeterminismError)) throw error;
    this.machine = undefined;
    this.buffer.holdBack(event);
    this.buffer.heldReason = error.message.slice(0, MAX_REASON_CHARACTERS);
  }

  /** Notes what a commit will take; the event for the code, when it sees one now. */
  private take(input: Input): HistoryEvent | undefined {
    if ("heldReason" in input) {
      this.machine = undefined;
      this.buffer.heldReason = input.heldReason.slice(0, MAX_REASON_CHARACTERS);
      return undefined;
    }
    if ("event" in input) {
      if (input.loaded !== undefined) this.machine?.supply(input.loaded);
      this.buffer.stepResults++;
      this.buffer.addRecord(input.event);
      return input.event;
    }
    const { entry } = input;
    const event = eventOf(entry);
    this.buffer.entryIds.push(entry.entryId);
    if (event === undefined) return undefined;
    if (entry.runId !== this.runId && !outlivesReset(event)) {
      this.buffer.processed++;
      return undefined;
    }
    const unreadable = unreadableReason(entry);
    if (unreadable !== undefined && this.machine !== undefined) {
      this.machine = undefined;
      this.buffer.heldReason = unreadable.slice(0, MAX_REASON_CHARACTERS);
    }
    if (this.machine === undefined) {
      this.buffer.addRecord({ kind: "held", event: encodeHistoryRecord(event) });
      return undefined;
    }
    this.buffer.processed++;
    if (!this.admits(this.machine, event)) return undefined;
    this.buffer.addRecord(event);
    return event;
  }

  /** Whether the code is to see the event. An update may be rejected; only its callers hear of that. */
  private admits(machine: Machine, event: HistoryEvent): boolean {
    // One that comes behind the end of code that continues as new is judged by the code of the next run.
    if (event.kind !== "update" || machine.closed?.kind === "continued") return true;
    const progress = judgeUpdate(machine, event);
    this.buffer.updates.push(progress);
    return progress.state === "accepted";
  }

  /** What the code decided goes into the next commit. */
  private gather(machine: Machine): void {
    for (const command of machine.takeCommands()) {
      this.buffer.addCommand(command, (seq) => machine.takePolicy(seq));
    }
    this.buffer.offloaded.push(...machine.takeOffloaded());
  }

  /**
   * Starts the inline steps that the code awaits, unless an earlier step's outcome is not durable yet: a step
   * never runs on the strength of a result that a crash could take back.
   */
  private startSteps(): void {
    if (this.machine === undefined) return;
    if (this.buffer.stepResults + (this.committing?.stepResults ?? 0) > 0) return;
    for (const step of this.machine.takeSteps()) {
      this.runningSteps.add(step.seq);
      const surroundings = {
        ...this.around,
        readOffloaded: (valueId: string) => this.readOffloaded(valueId),
      };
      void runLocalStep(step, surroundings)
        .catch((error: unknown) => ({ heldReason: String(error) }))
        .then((outcome) => this.stepEnded(step, outcome));
    }
  }

  private async stepEnded({ seq }: LocalStep, outcome: Input): Promise<void> {
    this.runningSteps.delete(seq);
    if (this.dropped || this.machine?.hasStep(seq) !== true) return;
    this.inputs.push(outcome);
    await this.work();
    this.around.becameDirty(this);
  }

  private readOffloaded(valueId: string): Promise<Payload | undefined> {
    const uncommitted = [...this.buffer.offloaded, ...(this.committing?.offloaded ?? [])];
    const own = uncommitted.find((value) => value.valueId === valueId);
    return own === undefined ? this.around.readOffloaded(this, valueId) : Promise.resolve(own.payload);
  }

  private noteHeld(reason: string): void {
    const short = reason.slice(0, MAX_REASON_CHARACTERS);
    if (this.loaded.header.heldReason !== short) this.buffer.heldReason = short;
  }
}

const MAX_REASON_CHARACTERS = 500;

export function takesEntriesOf({ header, inheritsFrom }: LoadedRun, runId: string): boolean {
  return runId === header.runId || inheritsFrom?.includes(runId) === true;
}
