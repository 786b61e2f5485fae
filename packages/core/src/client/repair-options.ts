import { assertWorkflowId, InvalidArgumentError } from "@heddle/protocol";
import { assertKnownOptions } from "./naming.js";

export interface ResetOptions {
  /** The run that `event` belongs to. When another is the current one the call is refused. Default: whichever is. */
  readonly runId?: string | undefined;
  /** Index in `history()` of the event behind which the run goes on. */
  readonly event: number;
  /** For people; in the mark that the history keeps. */
  readonly reason?: string | undefined;
  /**
   * Whether signals that the code has seen after the event are accepted again, in order. Those that no code has seen
   * are delivered in either case. Default `signals`.
   */
  readonly reapply?: "signals" | "none" | undefined;
  /** Version of the code that goes on. Default: that of the run. */
  readonly version?: string | undefined;
}

export interface ForkOptions extends ResetOptions {
  /** Of the new workflow. Default: a fresh one. */
  readonly id?: string | undefined;
  /** As of a reset, but `none` by default: signals were sent to the original. */
  readonly reapply?: "signals" | "none" | undefined;
}

export type RetryRunOptions = Pick<ResetOptions, "runId" | "reason" | "version">;

export interface ImportOptions {
  /** Default: that of the run. */
  readonly id?: string | undefined;
}

const RESET = ["runId", "event", "reason", "reapply", "version"] as const;

export function assertResetOptions(options: ResetOptions): void {
  assertKnownOptions(options, RESET, "reset");
  assertReapply(options.reapply);
}
export function assertForkOptions(options: ForkOptions): void {
  assertKnownOptions(options, [...RESET, "id"], "fork");
  assertReapply(options.reapply);
  if (options.id !== undefined) assertWorkflowId(options.id);
}
export function assertRetryOptions(options: RetryRunOptions): void {
  assertKnownOptions(options, ["runId", "reason", "version"], "retry");
}
export function assertImportOptions(options: ImportOptions): void {
  assertKnownOptions(options, ["id"], "importHistory");
}

function assertReapply(reapply: unknown): void {
  if (reapply === undefined || reapply === "signals" || reapply === "none") return;
  throw new InvalidArgumentError(`reapply is ${JSON.stringify(reapply)}; it is "signals" or "none"`, {
    details: { field: "reapply" },
  });
}
