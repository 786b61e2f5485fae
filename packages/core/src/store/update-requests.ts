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
  readonly runId: string;
  readonly updateId: string;
}

export interface UpdateWait {
  /** `admitted`: it is in the inbox. `accepted`: the code has it and its validator let it pass. */
  readonly until: "admitted" | "accepted" | "completed";
  readonly signal?: AbortSignal;
}

/** Where an update of a run is. */
export type UpdateState =
  | { readonly outcome: "admitted" | "accepted"; readonly runId: string }
  /** `record`: the history record of its completion, result or failure. */
  | { readonly outcome: "completed"; readonly runId: string; readonly record: Uint8Array }
  /** `failure`: a payload that holds a `Failure`. Nothing of it is in the history. */
  | { readonly outcome: "rejected"; readonly runId: string; readonly failure: Payload }
  /** The run closed first. */
  | {
      readonly outcome: "abandoned";
      readonly runId: string;
      readonly status: ClosedStatus;
      readonly accepted: boolean;
    };

export type UpdateReply =
  | UpdateState
  | { readonly outcome: "not-found" }
  /** The run that was asked has been replaced or purged since, or knows no such update. */
  | { readonly outcome: "gone"; readonly runId: string }
  | { readonly outcome: "closed"; readonly runId: string; readonly status: ClosedStatus }
  | { readonly outcome: "suspended"; readonly runId: string }
  | InboxFull;

/** What a commit says about an update: its state is written and its callers are told with the turn. */
export type UpdateProgress =
  | { readonly updateId: string; readonly state: "accepted" }
  /** Index of its completion among the records of the turn. */
  | { readonly updateId: string; readonly state: "completed"; readonly recordIndex: number }
  | { readonly updateId: string; readonly state: "rejected"; readonly failure: Payload }
  /** The turn closes the run: callers are told to look, the state stays as it is. */
  | { readonly updateId: string; readonly state: "abandoned" };
