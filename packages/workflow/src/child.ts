import type { Operation, WorkflowGenerator } from "./operation.js";
import type { DelayOptions, RunTimeoutOptions } from "./run-times.js";
import type { SignalHandle } from "./signal.js";

/** A workflow definition, as far as who starts it as a child needs it. */
export interface ChildType<Input, Output> {
  readonly kind: "workflow";
  readonly name: string;
  // A method, so that definitions of any context fit.
  run(context: never, input: Input): WorkflowGenerator<Output>;
}

export interface ChildOptions extends RunTimeoutOptions, DelayOptions {
  /** Workflow id of the child. Default: made of the parent's run id and a number, so that it is the same on replay. */
  readonly id?: string | undefined;
  /**
   * What happens to the child when its parent closes, however it does, or continues as new, and the child is open.
   * Default `terminate`.
   */
  readonly parentClosePolicy?: "terminate" | "request-cancel" | "abandon" | undefined;
  /**
   * What happens when the code that awaits the child is cancelled: `abandon` leaves the child alone, `try-cancel` asks
   * it to cancel and goes on at once, `wait-cancellation-requested` goes on when the child has the request, and
   * `wait-cancellation-completed` (default) when the child has closed.
   */
  readonly cancellation?:
    "abandon" | "try-cancel" | "wait-cancellation-requested" | "wait-cancellation-completed" | undefined;
  /** When an open run has the id. Default `fail`. */
  readonly idConflict?: "fail" | "terminate-existing" | undefined;
  /** When a closed run has the id. Default `allow`. */
  readonly idReuse?: "allow" | "allow-failed-only" | "reject" | undefined;
}

/** A child workflow that was accepted. */
export interface ChildHandle<Output = unknown> {
  readonly workflowId: string;
  /** Of its first run. */
  readonly runId: string;
  /**
   * What the child returns, or the last of the runs that it continues as. Throws `ChildWorkflowFailedError`, also when
   * the child was cancelled, terminated or timed out; its `cause` is why.
   */
  result(): Operation<Output>;
  /** Resolves when the child has accepted the signal. Throws like `ctx.signalWorkflow`. */
  signal<Payload>(
    signal: SignalHandle<Payload>,
    ...rest: undefined extends Payload ? [payload?: Payload] : [payload: Payload]
  ): Operation<void>;
  signal(signal: string, payload?: unknown): Operation<void>;
  /** Asks the child to cancel; resolves when it has the request, or when it is closed anyway. */
  cancel(reason?: string): Operation<void>;
}
