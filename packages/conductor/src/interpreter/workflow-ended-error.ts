import type { JsonMap } from "../definition/json-bean.js";
import type { EndedExecutionStatus } from "./task-status.js";

interface FailureDetails {
  readonly status: Exclude<EndedExecutionStatus, "COMPLETED">;
  readonly reason: string | undefined;
  /** Left out when it is too large for an error. */
  readonly output?: JsonMap;
}

/** Below what the details of a failure may take. */
const MAX_OUTPUT_CHARACTERS = 32_000;

/** What a run of `conductor.workflow` fails with when its execution did not complete. */
export class WorkflowEndedError extends Error {
  override readonly name = "WorkflowEndedError";
  readonly details: FailureDetails;

  constructor({ status, reason, output }: FailureDetails & { readonly output: JsonMap }) {
    super(`the workflow ended ${status}${reason === undefined ? "" : `: ${reason}`}`);
    // It tells of the execution, and where the interpreter stood then is of no use to anybody.
    this.stack = `${this.name}: ${this.message}`;
    const isSmall = JSON.stringify(output).length <= MAX_OUTPUT_CHARACTERS;
    this.details = { status, reason, ...(isSmall ? { output } : {}) };
  }
}

/** The same, told from an error that came through a history. */
export function failureDetailsOf(error: unknown): FailureDetails | undefined {
  const { name, details } = (error ?? {}) as { name?: unknown; details?: unknown };
  return name === "WorkflowEndedError" ? (details as FailureDetails) : undefined;
}
