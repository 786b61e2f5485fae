import type { JsonMap } from "../definition/json-bean.js";
import type { EndedExecutionStatus } from "./task-status.js";

interface FailureDetails {
  readonly status: Exclude<EndedExecutionStatus, "COMPLETED">;
  readonly reason: string | undefined;
  /** Of the tasks that failed and were not tried again; left out when there are none. */
  readonly failedReferenceTaskNames?: readonly string[];
  readonly failedTaskNames?: readonly string[];
  /** Left out when it is too large for an error. */
  readonly output?: JsonMap;
}

/** Below what the details of a failure may take. */
const MAX_OUTPUT_CHARACTERS = 32_000;
const MAX_NAMES_CHARACTERS = 8_000;

/** What a run of `conductor.workflow` fails with when its execution did not complete. */
export class WorkflowEndedError extends Error {
  override readonly name = "WorkflowEndedError";
  readonly details: FailureDetails;

  constructor({
    status,
    reason,
    output,
    failedReferenceTaskNames = [],
    failedTaskNames = [],
  }: FailureDetails & { readonly output: JsonMap }) {
    super(`the workflow ended ${status}${reason === undefined ? "" : `: ${reason}`}`);
    // It tells of the execution, and where the interpreter stood then is of no use to anybody.
    this.stack = `${this.name}: ${this.message}`;
    const isSmall = JSON.stringify(output).length <= MAX_OUTPUT_CHARACTERS;
    this.details = {
      ...{ status, reason },
      ...(failedReferenceTaskNames.length === 0
        ? {}
        : {
            failedReferenceTaskNames: firstOf(failedReferenceTaskNames),
            failedTaskNames: firstOf(failedTaskNames),
          }),
      ...(isSmall ? { output } : {}),
    };
  }
}

/** As many as have room beside an output. */
function firstOf(names: readonly string[]): readonly string[] {
  let characters = 0;
  return names.filter((name) => (characters += name.length + 3) <= MAX_NAMES_CHARACTERS);
}

/** The same, told from an error that came through a history. */
export function failureDetailsOf(error: unknown): FailureDetails | undefined {
  const { name, details } = (error ?? {}) as { name?: unknown; details?: unknown };
  return name === "WorkflowEndedError" ? (details as FailureDetails) : undefined;
}
