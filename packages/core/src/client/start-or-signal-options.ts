import { InvalidArgumentError } from "@heddle/protocol";
import type { StartOrSignalCallOptions } from "@heddle/workflow";
import { assertKnownOptions, assertWorkflowNaming } from "./naming.js";
import { SEARCH_OPTIONS, type SearchOptions } from "./search-options.js";
import { runTimesOf } from "./run-times.js";
import { assertOneOf } from "./start-options.js";

/** Attributes, tags and memo apply when the call starts the run, like its timeouts. */
export type StartOrSignalOptions = StartOrSignalCallOptions & SearchOptions;

const KNOWN_OPTIONS = [
  ...["id", "idempotencyKey", "onTerminalConflict", "executionTimeout", "runTimeout"],
  ...SEARCH_OPTIONS,
];

/** Refuses the combinations under which concurrent callers could not converge (semantics §4). */
export function assertStartOrSignalOptions(
  signalId: string | undefined,
  options: StartOrSignalOptions,
): void {
  assertKnownOptions(options, KNOWN_OPTIONS, "startOrSignal");
  assertWorkflowNaming(options);
  runTimesOf(options);
  assertOneOf("onTerminalConflict", options.onTerminalConflict, ["reject", "start-new"]);
  const { idempotencyKey } = options;
  if (signalId === undefined && idempotencyKey === undefined) {
    throw refused("signalId", "needs a signalId or an idempotencyKey, else a retry would signal twice");
  }
  if (signalId !== undefined && idempotencyKey !== undefined) {
    throw refused("signalId", "takes signalId or idempotencyKey, not both: each alone names the delivery");
  }
  if (options.onTerminalConflict !== "start-new") return;
  if (idempotencyKey !== undefined) {
    throw refused(
      "onTerminalConflict",
      'cannot use "start-new" with idempotencyKey: a key is a permanent mapping to one workflow',
    );
  }
  if (options.id === undefined || signalId === undefined) {
    throw refused("onTerminalConflict", 'needs both id and signalId for "start-new"');
  }
}

function refused(field: string, problem: string): InvalidArgumentError {
  return new InvalidArgumentError(`startOrSignal ${problem}`, { details: { field } });
}
