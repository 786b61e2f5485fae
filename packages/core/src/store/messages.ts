import type { ParentRun, Payload } from "@heddle/protocol";
import type { AcceptingStore } from "./accepting-store.js";
import type { MessageKind } from "./delivery.js";

/** A message as a turn decides it. */
export interface OutgoingMessage {
  readonly kind: MessageKind;
  /** Number of the sender's operation; for `child-closed` that of the child in its parent, its target. */
  readonly seq: number;
  readonly target: { readonly workflowId: string } | { readonly idempotencyKey: string };
  /** Run that is meant, or the first of its chain; "" for whatever run has the id. */
  readonly runId: string;
  /** The record, among those of the turn, that says the rest. */
  readonly recordIndex?: number;
}

export type ParentClosePolicy = "terminate" | "request-cancel" | "abandon";

/** A child whose end its parent has not heard of. */
export interface PendingChild {
  readonly seq: number;
  readonly workflowId: string;
  /** Of the first run of its chain. */
  readonly runId: string;
  readonly policy: ParentClosePolicy;
}

/** What a turn sends to other runs, in order, and what it says of its children. */
export interface Outgoing {
  readonly messages: readonly OutgoingMessage[];
  readonly newChildren: readonly PendingChild[];
  /** The run closes or continues as new: it has no children any more. */
  readonly dropsChildren: boolean;
}

/** A message that was committed and is to be relayed. */
export interface Message {
  readonly entryId: string;
  readonly kind: MessageKind;
  readonly sender: { readonly workflowId: string; readonly runId: string };
  readonly seq: number;
  readonly target: string;
  readonly runId: string;
  /** A history record; empty when the kind says it all. */
  readonly data: Uint8Array;
}

export interface MessagePage {
  readonly outcome: "ok";
  /** When it was read, by the Redis clock. */
  readonly nowMs: number;
  readonly messages: readonly Message[];
}

export interface ChildClosedRequest {
  readonly parent: Omit<ParentRun, "depth">;
  readonly child: { readonly runId: string; readonly status: string };
  /** Its closing history record. */
  readonly record: Uint8Array;
}

/** What is sent back to the sender; `undefined` when nobody there waits for it. */
export interface MessageReceipt {
  readonly answer: Payload | undefined;
  /** The child was not started, so its parent has it no more. */
  readonly endsChild: boolean;
}

/** What the relay asks of the partitions of the targets. */
export interface MessageTargets extends Pick<
  AcceptingStore,
  "start" | "signal" | "startOrSignal" | "requestCancel" | "terminate"
> {
  /** Tells a parent of the end of a child, once; `stale` when it has heard of it or is closed itself. */
  childClosed(request: ChildClosedRequest): Promise<{ readonly outcome: "settled" | "stale" }>;
}
