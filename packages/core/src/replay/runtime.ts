import type {
  ActivityPolicy,
  HistoryCommand,
  HistoryEvent,
  LimitOptions,
  RetryOptions,
  TimeoutOptions,
} from "@heddle/protocol";
import type { ActivityReferences } from "./activity-references.js";
import type { Look } from "./conditions.js";
import type { Outcome } from "./outcome.js";

/** Events that settle one numbered operation. */
export type SettlingEvent = Extract<HistoryEvent, { seq: number }>;

/** What an operation may do with the run it was started in. */
export interface Runtime {
  /** Numbers everything that is awaited, from 1, in the order in which the code starts it. */
  nextSeq(): number;
  /** A decision of the code: recorded live, compared with history on replay. */
  emit(command: HistoryCommand): void;
  /** Calls `settle` with the event that settles `seq`; returns how to stop listening. */
  expect(seq: number, settle: (event: SettlingEvent) => void): () => void;
  /** Policy of an activity that was just scheduled; travels with its command to the store. */
  noteActivity(seq: number, policy: ActivityPolicy): void;
  readonly references: ActivityReferences;
  /** Gives the oldest unconsumed signal of that name now, or the next one later; returns how to give up. */
  takeSignal(name: string, consume: (payload: Uint8Array) => void): () => void;
  /** Looks each time all code awaits, in the order of these calls, until it returns true; returns how to give up. */
  watchCondition(look: Look): () => void;
  /** Asks the owner to run an inline step. It is run again after a crash as long as no outcome is recorded. */
  requestStep(step: LocalStep): void;
  withdrawStep(seq: number): void;
  /** Lets a generator run, in turn with all others of the run. */
  schedule(strand: Strand, input: Outcome): void;
  /** Keeps the run from ending, however its code ended, until the returned function is called. */
  shield(): () => void;
  /** Starts a piece of code as a branch of its own. */
  spawn(generator: AnyGenerator, settle: (outcome: Outcome) => void): Strand;
  /** Ends the code: the run goes on as a new one with this input. */
  continueAsNew(input: Uint8Array): void;
  readonly maxPayloadBytes: number;
  /** Run by which the ids of what the code starts are made: before a reset its history is that of another run. */
  readonly decidingRunId: string;
  activityDefaults(name: string): ActivityDefaults | undefined;
}

/** A piece of workflow code that advances and is cancelled on its own; see `Fiber`. */
export interface Strand {
  /** A promise only when the code has to be awaited. */
  advance(runtime: Runtime, input: Outcome): Promise<void> | undefined;
  /** Returns `WINDING_DOWN` when the code has begun: it settles when it has cleaned up. */
  cancel(runtime: Runtime, reason?: string): unknown;
}

/** Work of the owner's process: a function of the code, or an offloaded value to read. */
export type LocalStep = { readonly seq: number; readonly name: string } & (
  { readonly execute: () => unknown } | { readonly valueId: string }
);

export interface ActivityDefaults {
  readonly queue: string;
  readonly retry: RetryOptions;
  readonly timeouts: TimeoutOptions;
  readonly limits?: LimitOptions | undefined;
}

export type AnyGenerator = Generator<unknown, unknown, unknown> | AsyncGenerator<unknown, unknown, unknown>;
