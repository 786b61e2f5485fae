/**
 * What one run asks of, or tells, another one. It is committed with the turn that decided it, and relayed to the
 * partition of its target: once, whoever crashes on the way.
 */
export type MessageKind =
  "signal" | "start-or-signal" | "start-child" | "cancel" | "terminate" | "child-closed";

/** Names the delivery of one message: what it was answered is remembered, so that a repetition does nothing. */
export interface Delivery {
  readonly kind: MessageKind;
  readonly senderRunId: string;
  readonly seq: number;
  /** Redis clock. A copy that arrives later is not taken, because the answer may be forgotten by then. */
  readonly notAfterMs: number;
}
