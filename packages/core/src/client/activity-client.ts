import {
  ActivityAlreadySettledError,
  ActivityNotFoundError,
  assertActivityReference,
  assertWorkflowId,
  encodePayload,
  failureOf,
  InvalidArgumentError,
} from "@heddle/protocol";
import { ownDelayMs } from "../activity/retry-policy.js";
import { decodeTaskToken } from "../activity/task-token.js";
import type { IdSource } from "../id-source.js";
import type { AcceptingStore } from "../store/accepting-store.js";
import type {
  OpenActivity,
  OpenActivityRefusal,
  OpenActivityState,
  SettleOpenActivityRequest,
} from "../store/open-activity-store.js";
import { notFound, notRunning } from "./refusals.js";
import type { RepeatableCall } from "./repeatable-call.js";
import { isSameSettlement, markOf } from "./settlement-mark.js";

/** `context.taskToken` of one attempt, or the reference that the workflow gave the activity: its current attempt. */
export type ActivityTarget = string | { readonly workflowId: string; readonly reference: string };

/** Settles open activities from outside, over any store. Nothing is written before all input is checked. */
export class ActivityClient {
  constructor(
    private readonly store: AcceptingStore,
    private readonly ids: IdSource,
    private readonly limits: { readonly maxPayloadBytes: number },
  ) {}

  /**
   * Completes the activity with this result. Of many who settle one attempt differently exactly one succeeds; who
   * repeats what succeeded gets the same answer.
   * Errors: `ActivityAlreadySettledError`, `ActivityNotFoundError`, `WorkflowNotFoundError`,
   * `WorkflowNotRunningError`, `InvalidArgumentError` (a malformed token), `PayloadTooLargeError`.
   */
  async complete(target: ActivityTarget, result?: unknown, call: RepeatableCall = {}): Promise<void> {
    const activity = openActivity(target);
    const encoded = this.encode(result, "the activity's result");
    await this.settle(target, { activity, settlement: { outcome: "completed", result: encoded } }, call);
  }

  /**
   * Fails the current attempt: it is tried again by the activity's policy, or the workflow gets the failure.
   * Errors: those of `complete`.
   */
  async fail(
    target: ActivityTarget,
    error: unknown,
    call: RepeatableCall = {},
  ): Promise<{ readonly willRetry: boolean }> {
    const activity = openActivity(target);
    const failure = failureOf(error);
    const settlement = { outcome: "failed", failure, ownDelayMs: ownDelayMs(failure.details) } as const;
    return { willRetry: (await this.settle(target, { activity, settlement }, call)) === "retrying" };
  }

  /**
   * Restarts the heartbeat timeout; details are there for the next attempt as `context.heartbeatDetails`.
   * `cancelRequested`: the activity is not open any more, because the workflow withdrew it, it timed out, it was settled
   * or its run is closed; to go on is of no use. Errors: `ActivityNotFoundError`, `WorkflowNotFoundError`,
   * `InvalidArgumentError`, `PayloadTooLargeError`.
   */
  async heartbeat(target: ActivityTarget, details?: unknown): Promise<{ readonly cancelRequested: boolean }> {
    const activity = openActivity(target);
    const encoded = details === undefined ? undefined : this.encode(details, "heartbeat details");
    const reply = await this.store.heartbeatOpenActivity(activity, encoded);
    switch (reply.outcome) {
      case "alive":
        return { cancelRequested: false };
      case "already-settled":
      case "closed":
        return { cancelRequested: true };
      default:
        throw refusal(target, activity.workflowId, reply);
    }
  }

  /** How open activities with these references are; `undefined` for one that is not open, or not yet. */
  open(
    workflowId: string,
    references: readonly string[],
  ): Promise<readonly (OpenActivityState | undefined)[]> {
    assertWorkflowId(workflowId);
    return this.store.openActivities({ workflowId, references });
  }

  private async settle(
    target: ActivityTarget,
    request: Omit<SettleOpenActivityRequest, "operationId" | "mark">,
    { operationId = this.ids.randomId() }: RepeatableCall,
  ): Promise<"settled" | "retrying"> {
    const mark = markOf(request.settlement);
    const reply = await this.store.settleOpenActivity({ ...request, operationId, mark });
    if (reply.outcome === "settled" || reply.outcome === "retrying") return reply.outcome;
    const { workflowId } = request.activity;
    if (reply.outcome !== "settled-before") throw refusal(target, workflowId, reply);
    if (isSameSettlement(reply.mark, mark)) return reply.answer;
    throw refusal(target, workflowId, { outcome: "already-settled" });
  }

  private encode(value: unknown, what: string) {
    return encodePayload(value, { what, maxBytes: this.limits.maxPayloadBytes });
  }
}

function openActivity(target: ActivityTarget): OpenActivity {
  if (typeof target === "string") {
    const ticket = decodeTaskToken(target);
    assertWorkflowId(ticket.workflowId);
    return { workflowId: ticket.workflowId, ticket };
  }
  if (typeof target !== "object" || (target as unknown) === null) {
    throw new InvalidArgumentError("an activity is named by its task token or by { workflowId, reference }", {
      details: { field: "target" },
    });
  }
  const { workflowId, reference } = target;
  assertWorkflowId(workflowId);
  assertActivityReference(reference);
  return { workflowId, reference };
}

function refusal(target: ActivityTarget, workflowId: string, reply: OpenActivityRefusal): Error {
  const reference = typeof target === "string" ? undefined : target.reference;
  const named = reference === undefined ? "" : ` with the reference ${JSON.stringify(reference)}`;
  const details = { workflowId, ...(reference === undefined ? {} : { reference }) };
  switch (reply.outcome) {
    case "already-settled":
      return new ActivityAlreadySettledError(
        `the activity${named} of workflow "${workflowId}" is not open any more: ` +
          `it was settled before, it timed out, or the workflow withdrew it`,
        { details },
      );
    case "not-found":
      return new ActivityNotFoundError(
        reference === undefined
          ? `the task token is of an earlier run of workflow "${workflowId}", which is over`
          : `workflow "${workflowId}" has no activity${named}; check the reference, or wait until the workflow has scheduled it`,
        { details: { ...details, runId: reply.runId } },
      );
    case "closed":
      return notRunning(workflowId, reply);
    case "workflow-not-found":
      return notFound(workflowId);
  }
}
