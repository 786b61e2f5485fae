import type { HistoryEvent, Payload } from "@heddle/protocol";

/**
 * Accepted for a run and not seen by its code: a signal that nothing consumed, or what came behind the end of the code.
 * Its time is given anew.
 */
export type CarriedEvent = Undated<
  Extract<HistoryEvent, { readonly kind: "signal" | "update" | "cancel-requested" }>
>;

type Undated<Event> = Event extends unknown ? Omit<Event, "at"> : never;

/** What a run goes on with as a new one. */
export interface Continuation {
  /** Of the new run; fresh. */
  readonly runId: string;
  readonly input: Payload;
  /** In the order of acceptance. */
  readonly events: readonly CarriedEvent[];
  /** Offloaded values that go with it, by id; the others are removed. */
  readonly offloaded?: readonly string[];
}
