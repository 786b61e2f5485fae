import { assertKnownOptions } from "./naming.js";
import type { RunTimeoutOptions } from "./run-times.js";
import { SEARCH_OPTIONS, type SearchOptions } from "./search-options.js";
import { assertOneOf, type StartOptions } from "./start-options.js";

/** Timeouts, attributes, tags and memo apply when the call starts the run. There is no delay: the update is the occasion to start. */
export interface UpdateWithStartOptions
  extends RunTimeoutOptions, SearchOptions, Pick<StartOptions, "id" | "idempotencyKey" | "idReuse"> {
  /**
   * When an open run has the id. Default `use-existing`; it is not terminated. A run that knows the `updateId` is found
   * in any case.
   */
  readonly idConflict?: "use-existing" | "fail" | undefined;
}

/** As `start` takes them. Throws `InvalidArgumentError` for what `start` takes and an update excludes. */
export function startOptionsOf(options: UpdateWithStartOptions): StartOptions {
  assertKnownOptions(
    options,
    ["id", "idempotencyKey", "idConflict", "idReuse", "executionTimeout", "runTimeout", ...SEARCH_OPTIONS],
    "updateWithStart",
  );
  assertOneOf("idConflict", options.idConflict, ["use-existing", "fail"]);
  // A key finds its one workflow without being told so.
  if (options.idempotencyKey !== undefined) return options;
  return { ...options, idConflict: options.idConflict ?? "use-existing" };
}
