import { assertActivityReference, assertWorkflowId, failureOf, InvalidArgumentError } from "@heddle/protocol";
import type { CallOptions } from "./call-options.js";
import { apiPath } from "./http/path.js";
import { randomId } from "./http/random-id.js";
import type { Call, Reply, Transport } from "./http/transport.js";

/** `context.taskToken` of one attempt, or the reference that the workflow gave the activity: its current attempt. */
export type ActivityTarget = string | { readonly workflowId: string; readonly reference: string };

/**
 * Activities that are settled from outside, named by `context.taskToken` or by the `reference` that the workflow gave
 * them. A reference means the current attempt, also while it waits for a worker, runs in one or backs off.
 */
export class OpenActivities {
  constructor(private readonly transport: Transport) {}

  /**
   * Completes the activity with this result. Of many who settle one attempt differently exactly one succeeds; who
   * repeats what succeeded gets the same answer. Errors: `ActivityAlreadySettledError`, `ActivityNotFoundError`,
   * `WorkflowNotFoundError`, `WorkflowNotRunningError`, `InvalidArgumentError` (a malformed token),
   * `PayloadTooLargeError`.
   */
  async complete(target: ActivityTarget, result?: unknown, { signal }: CallOptions = {}): Promise<void> {
    await this.send(target, "complete", { result, operationId: randomId() }, { applies: "once", signal });
  }

  /**
   * Fails the current attempt: it is tried again by the activity's policy, or the workflow gets the failure.
   * Errors: those of `complete`.
   */
  async fail(
    target: ActivityTarget,
    error: unknown,
    { signal }: CallOptions = {},
  ): Promise<{ readonly willRetry: boolean }> {
    const body = { error: failureOf(error), operationId: randomId() };
    const reply = await this.send(target, "fail", body, { applies: "once", signal });
    return { willRetry: reply.body.flag("willRetry") };
  }

  /**
   * Restarts the heartbeat timeout; details are there for the next attempt as `context.heartbeatDetails`.
   * `cancelRequested`: the activity is not open any more (withdrawn, timed out, settled, its run closed), so to go on is
   * of no use. Errors: `ActivityNotFoundError`, `WorkflowNotFoundError`, `InvalidArgumentError`, `PayloadTooLargeError`.
   */
  async heartbeat(
    target: ActivityTarget,
    details?: unknown,
    { signal }: CallOptions = {},
  ): Promise<{ readonly cancelRequested: boolean }> {
    const reply = await this.send(target, "heartbeat", { details }, { applies: "again", signal });
    return { cancelRequested: reply.body.flag("cancelRequested") };
  }

  private send(
    target: ActivityTarget,
    verb: "complete" | "fail" | "heartbeat",
    body: object,
    call: Pick<Call, "applies" | "signal">,
  ): Promise<Reply> {
    if (typeof target === "string") {
      const path = apiPath("activities", verb);
      return this.transport.send({ method: "POST", path, body: { taskToken: target, ...body }, ...call });
    }
    if (typeof target !== "object" || (target as unknown) === null) {
      throw new InvalidArgumentError(
        "an activity is named by its task token or by { workflowId, reference }",
        {
          details: { field: "target" },
        },
      );
    }
    const { workflowId, reference } = target;
    assertWorkflowId(workflowId);
    assertActivityReference(reference);
    const path = apiPath("workflows", workflowId, "activities", reference, verb);
    return this.transport.send({ method: "POST", path, body, details: { workflowId, reference }, ...call });
  }
}
