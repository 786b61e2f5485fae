import type { Payload } from "@heddle/protocol";

/** What a run goes on with as a new one. */
export interface Continuation {
  /** Of the new run; fresh. */
  readonly runId: string;
  readonly input: Payload;
  /** Accepted and not consumed by the old run, in order. */
  readonly signals: readonly {
    readonly name: string;
    readonly payload: Payload;
    readonly signalId?: string | undefined;
  }[];
}
