import type { ActivityTarget, WorkflowClient } from "@heddle/core";

/**
 * Activities that are settled from outside, named by `context.taskToken` or by the `reference` that the workflow gave
 * them in `ctx.run`. A reference means the current attempt, also while it waits for a worker, runs in one or backs off.
 */
export class OpenActivities {
  constructor(private readonly client: () => Promise<WorkflowClient>) {}

  /**
   * Completes the activity with this result; of many who settle one attempt exactly one succeeds.
   * Errors: `ActivityAlreadySettledError`, `ActivityNotFoundError`, `WorkflowNotFoundError`,
   * `WorkflowNotRunningError`, `InvalidArgumentError` (a malformed token), `PayloadTooLargeError`.
   */
  async complete(target: ActivityTarget, result?: unknown): Promise<void> {
    await (await this.client()).activities.complete(target, result);
  }

  /**
   * Fails the current attempt: it is tried again by the activity's policy, or the workflow gets the failure.
   * Errors: those of `complete`.
   */
  async fail(target: ActivityTarget, error: unknown): Promise<{ readonly willRetry: boolean }> {
    return (await this.client()).activities.fail(target, error);
  }

  /**
   * Restarts the heartbeat timeout; details are there for the next attempt as `context.heartbeatDetails`.
   * `cancelRequested`: the activity is not open any more (withdrawn, timed out, settled, its run closed), so to go on is
   * of no use. Errors: `ActivityNotFoundError`, `WorkflowNotFoundError`, `InvalidArgumentError`, `PayloadTooLargeError`.
   */
  async heartbeat(target: ActivityTarget, details?: unknown): Promise<{ readonly cancelRequested: boolean }> {
    return (await this.client()).activities.heartbeat(target, details);
  }
}
