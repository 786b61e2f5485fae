import type { ClosedStatus, Payload } from "@heddle/protocol";
import type { InboxFull } from "./inbox-full.js";

export interface UpdateRequest {
  readonly workflowId: string;
  readonly name: string;
  readonly input: Payload;
  /** Deduplicates and re-attaches for the run's life and retention, over all names. */
  readonly updateId: string;
}

export interface UpdateRef {
  readonly workflowId: string;
  /** The first of the chain of runs that was asked: an update may move on with a run that continues as new. */
  readonly firstRunId: string;
  readonly updateId: string;
}

export interface UpdateWait {
  /** `admitted`: it is in the inbox. `accepted`: the code has it and its validator let it pass. */
  readonly until: "admitted" | "accepted" | "completed";
  readonly signal?: AbortSignal;
}

/** Where an update is. */
export type UpdateState = {
  /** The run that has it, or had it. */
  readonly runId: string;
  readonly firstRunId: string;
} & (
  | { readonly outcome: "admitted" | "accepted" }
  /** `record`: the history record of its completion, result or failure. */
  | { readonly outcome: "completed"; readonly record: Uint8Array }
  /** `failure`: a payload that holds a `Failure`. Nothing of it is in the history. */
  | { readonly outcome: "rejected"; readonly failure: Payload }
  /** An earlier run of the chain completed it, and its answer was not kept. */
  | { readonly outcome: "forgotten" }
  /** The run closed first. */
  | { readonly outcome: "abandoned"; readonly status: ClosedStatus; readonly accepted: boolean }
);

export type UpdateReply =
  | UpdateState
  | { readonly outcome: "not-found" }
  /** The workflow that was asked has been replaced or purged since, or knows no such update. */
  | { readonly outcome: "gone" }
  | { readonly outcome: "closed"; readonly runId: string; readonly status: ClosedStatus }
  | { readonly outcome: "suspended"; readonly runId: string }
  | InboxFull;

/** An update that was admitted and is not ended. */
export interface PendingUpdate {
  readonly updateId: string;
  readonly name: string;
  /** `admitted`: the code has not judged it yet. `accepted`: its handler is at work. */
  readonly state: "admitted" | "accepted";
  readonly admittedAtMs: number;
}

/** What a commit says about an update: its state is written and its callers are told with the turn. */
export type UpdateProgress =
  | { readonly updateId: string; readonly state: "accepted" }
  /** Index of its completion among the records of the turn. */
  | { readonly updateId: string; readonly state: "completed"; readonly recordIndex: number }
  | { readonly updateId: string; readonly state: "rejected"; readonly failure: Payload }
  /** The turn ends the run, if only to continue as new: callers are told to look. */
  | { readonly updateId: string; readonly state: "abandoned" }
  /** A reset has cut it off, answer and all. */
  | { readonly updateId: string; readonly state: "withdrawn" };
