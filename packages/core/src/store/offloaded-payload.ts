import type { Payload } from "@heddle/protocol";

/** A value that is stored outside of the history. Under its id it never changes. */
export interface OffloadedPayload {
  readonly valueId: string;
  readonly payload: Payload;
}
