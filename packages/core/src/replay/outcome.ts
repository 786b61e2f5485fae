import type { CancelledError } from "@heddle/protocol";

/** How something awaited ended. */
export type Outcome = (
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown }
) & {
  /** A cancellation that no code has seen yet; who gets this outcome gets it at its next `yield*`. */
  readonly cancellation?: CancelledError;
};
