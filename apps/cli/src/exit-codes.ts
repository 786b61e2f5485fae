import { HeddleError } from "@heddle/protocol";
import { CommanderError } from "commander";

/** What a script may branch on; docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  /** Refused: nothing happened. Also: the doctor found a fault. */
  refused: 1,
  usage: 2,
  /** The call may have been applied; repeat it with the same ids. */
  unknown: 3,
  /** The call did its work and reports a failure: of the workflow, of an update, of a query. */
  reported: 4,
  /** Nothing happened, because something is not there or full now; the same call may succeed later. */
  unavailable: 5,
  /** The time that --timeout gave has passed; what was waited for goes on. */
  timedOut: 6,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof DOMException && error.name === "TimeoutError") return EXIT.timedOut;
  if (!(error instanceof HeddleError)) return EXIT.refused;
  if (error.code === "CONFIGURATION") return EXIT.usage;
  if (error.outcome === "unknown") return EXIT.unknown;
  if (error.outcome === "reported") return EXIT.reported;
  return error.retryable ? EXIT.unavailable : EXIT.refused;
}
