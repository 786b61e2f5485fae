import { InvalidArgumentError } from "@heddle/protocol";
import { assertKnownOptions, assertWorkflowNaming } from "./naming.js";
import { SEARCH_OPTIONS, type SearchOptions } from "./search-options.js";
import { type DelayOptions, runTimesOf, type RunTimeoutOptions } from "./run-times.js";

const CONFLICT = ["fail", "use-existing", "terminate-existing"] as const;
const REUSE = ["allow", "allow-failed-only", "reject"] as const;

export interface StartOptions extends RunTimeoutOptions, DelayOptions, SearchOptions {
  /** The caller's workflow id, 1–255 UTF-8 bytes. Without it a fresh one is made. */
  readonly id?: string | undefined;
  /** Permanent: the same key always means the same workflow, also after it closed. Excludes `id`. */
  readonly idempotencyKey?: string | undefined;
  /** When an open run has the id. Default `fail`. */
  readonly idConflict?: (typeof CONFLICT)[number] | undefined;
  /** When a closed run has the id. Default `allow`. */
  readonly idReuse?: (typeof REUSE)[number] | undefined;
}

const KNOWN = [
  ...["id", "idempotencyKey", "idConflict", "idReuse"],
  ...["executionTimeout", "runTimeout", "startAfter", "startAt"],
  ...SEARCH_OPTIONS,
];

/** Throws `InvalidArgumentError` for unknown options, bad ids and times, and policies that a key excludes. */
export function assertStartOptions(options: StartOptions): void {
  assertKnownOptions(options, KNOWN, "start");
  assertWorkflowNaming(options);
  runTimesOf(options);
  assertOneOf("idConflict", options.idConflict, CONFLICT);
  assertOneOf("idReuse", options.idReuse, REUSE);
  if (options.idempotencyKey !== undefined && (options.idConflict ?? options.idReuse) !== undefined) {
    throw new InvalidArgumentError(
      "idConflict and idReuse have no meaning with idempotencyKey: the key always finds its one workflow",
      { details: { field: options.idConflict === undefined ? "idReuse" : "idConflict" } },
    );
  }
}

export function assertOneOf(field: string, value: string | undefined, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value)) {
    throw new InvalidArgumentError(
      `${field} is ${JSON.stringify(value)}; it must be one of ${allowed.join(", ")}`,
      {
        details: { field },
      },
    );
  }
}
