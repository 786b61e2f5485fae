import type { ClosedStatus, Failure, Payload } from "@heddle/protocol";
import type { ActivityTicket } from "./activity-store.js";

/** An open activity as someone outside knows it: by the token of one attempt, or by its name within the current run. */
export type OpenActivity =
  | { readonly workflowId: string; readonly reference: string }
  | { readonly workflowId: string; readonly ticket: ActivityTicket };

/** What anyone may do with an open activity; part of `AcceptingStore`. */
export interface OpenActivityStore {
  /**
   * Ends the named attempt or, by reference, the one that is current, whether it waits, runs or backs off. A failure is
   * retried by the activity's policy, decided in the same step. `operationId` is fresh and random: it makes the call
   * safe to re-send. `mark` is kept with what was answered and comes back as `settled-before` to whoever settles the same
   * attempt again, by its token or by the reference, also after the run is closed. Works on suspended runs.
   */
  settleOpenActivity(request: SettleOpenActivityRequest): Promise<SettleOpenActivityReply>;
  /** Restarts the heartbeat timeout and keeps the details for the next attempt. */
  heartbeatOpenActivity(
    activity: OpenActivity,
    details: Payload | undefined,
  ): Promise<HeartbeatOpenActivityReply>;
  /** How activities with these references are; `undefined` for one that is not open. */
  openActivities(request: {
    readonly workflowId: string;
    readonly references: readonly string[];
  }): Promise<readonly (OpenActivityState | undefined)[]>;
}

export interface OpenActivityState {
  readonly name: string;
  readonly queue: string;
  readonly state: "scheduled" | "started" | "backing-off";
  /** By the Redis clock, epoch ms. */
  readonly claimedAtMs: number | undefined;
  /** Who claimed it, as the claim said; absent also when it was handed over. */
  readonly worker: string | undefined;
}

export interface SettleOpenActivityRequest {
  readonly activity: OpenActivity;
  readonly operationId: string;
  /** Equal for settlements that mean the same. */
  readonly mark: Payload;
  readonly settlement:
    | { readonly outcome: "completed"; readonly result: Payload }
    /** `ownDelayMs`: the wait before the next attempt that the failure asks for itself. */
    | { readonly outcome: "failed"; readonly failure: Failure; readonly ownDelayMs: number | undefined };
}

export type SettleOpenActivityReply =
  /** The run gets its outcome. */
  | { readonly outcome: "settled" }
  | { readonly outcome: "retrying" }
  | { readonly outcome: "settled-before"; readonly answer: "settled" | "retrying"; readonly mark: Payload }
  | OpenActivityRefusal;

export type HeartbeatOpenActivityReply = { readonly outcome: "alive" } | OpenActivityRefusal;

export type OpenActivityRefusal =
  /** Its attempt has ended: settled, timed out or withdrawn. */
  | { readonly outcome: "already-settled" }
  /** The current run has no such reference, or the token is of another run. */
  | { readonly outcome: "not-found"; readonly runId: string }
  | { readonly outcome: "closed"; readonly runId: string; readonly status: ClosedStatus }
  | { readonly outcome: "workflow-not-found" };

/** A reference that a commit gives an activity, or takes away for good (`seq` undefined). */
export interface ActivityReference {
  readonly reference: string;
  readonly seq: number | undefined;
}
