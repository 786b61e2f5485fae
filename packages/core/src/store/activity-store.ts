import type { ActivityPolicy, Failure, Payload } from "@heddle/protocol";

/** Names one dispatched attempt of an activity. The token is random: only its holder can settle the attempt. */
export interface ActivityTicket {
  readonly workflowId: string;
  readonly runId: string;
  readonly seq: number;
  readonly attempt: number;
  readonly token: string;
}

/** What a worker asks of the partitions. Batched by the store over concurrent calls; safe to repeat. */
export interface ActivityStore {
  /**
   * The worker's first act. `worker` is unique per worker process: a repeated claim of the same worker gets the same
   * answer. `stale`: the attempt is another's, settled or superseded, or its run is closed; drop the ticket. `parked`:
   * a limit of the activity has no room; drop the ticket too, it is put into its queue again when there is.
   */
  claim(request: ClaimRequest): Promise<ClaimReply>;
  /** Keeps a claimed attempt alive. `stale` also when it was cancelled: abort its code. */
  heartbeat(request: HeartbeatRequest): Promise<{ outcome: "alive" | "stale" }>;
  settle(request: SettleRequest): Promise<{ outcome: "settled" | "retrying" | "stale" }>;
  /**
   * Hands a claimed attempt over to whoever has its token: its worker's signs of life count no more, its timeouts do.
   * `stale` also when it was settled meanwhile.
   */
  handOver(ticket: ActivityTicket): Promise<{ outcome: "handed-over" | "stale" }>;
}

export interface ClaimRequest {
  readonly ticket: ActivityTicket;
  readonly worker: string;
  /** Absent: no worker cares for the attempt; it is open for whoever has its token, as after `handOver`. */
  readonly livenessMs?: number;
}

export type ClaimReply =
  { readonly outcome: "go"; readonly activity: ClaimedActivity } | { readonly outcome: "stale" | "parked" };

export interface ClaimedActivity {
  readonly name: string;
  readonly input: Payload;
  readonly policy: ActivityPolicy;
  /** From 1; counts attempts that were dispatched, not tickets. */
  readonly attempt: number;
  /** Details of the last heartbeat of an earlier attempt, if any. */
  readonly heartbeatDetails?: Payload;
  /** Redis clock, epoch ms. */
  readonly scheduledAtMs: number;
  readonly claimedAtMs: number;
}

export interface HeartbeatRequest {
  readonly ticket: ActivityTicket;
  /** Details given by the activity's own heartbeat; absent when only the worker says that it lives. */
  readonly details?: Payload;
  /** True when the activity's own code reported; restarts the heartbeat timeout. */
  readonly fromActivity: boolean;
}

export interface SettleRequest {
  readonly ticket: ActivityTicket;
  readonly settlement: Settlement;
}

export type Settlement =
  | { readonly outcome: "completed"; readonly result: Payload }
  /** Final: becomes an event of the run. */
  | { readonly outcome: "failed"; readonly failure: Failure }
  /** Tried again after `delayMs`; the run is not told. */
  | { readonly outcome: "retry"; readonly failure: Failure; readonly delayMs: number }
  /** Given back unrun (drain, unknown activity): dispatched again after `delayMs`, not counted as an attempt. */
  | { readonly outcome: "returned"; readonly reason: string; readonly delayMs: number };
