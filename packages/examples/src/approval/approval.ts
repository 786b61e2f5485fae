import { query, signal, SignalTimedOutError, workflow, type WorkflowGenerator } from "heddle";
import { orderActivities, type Order } from "./order-activities.js";

export interface ApprovalInput extends Order {
  /** How long somebody may take to decide, for example "2d". Default one day; then the order is cancelled. */
  readonly decideWithin?: string;
}

export interface Decision {
  readonly approved: boolean;
  readonly by: string;
}

export type Phase =
  "reserving stock" | "waiting for approval" | "charging" | "shipping" | "cancelling" | "done";

export interface ApprovalSummary {
  readonly orderId: string;
  readonly status: "shipped" | "rejected" | "expired";
  readonly decidedBy?: string;
  readonly receipt?: string;
  readonly trackingCode?: string;
}

export const approvalSignal = signal<Decision>("approval");
export const phaseQuery = query<Phase>("phase");

/** An order that a person has to approve: it may wait for days, through any number of restarts. */
export const approval = workflow({ name: "approval", description: "An order that waits for a yes" })
  .activities(orderActivities)
  .signals({ approval: approvalSignal })
  .queries({ phase: phaseQuery })
  .execute(async function* (ctx, input: ApprovalInput): WorkflowGenerator<ApprovalSummary> {
    const { orderId } = input;
    let phase: Phase = "reserving stock";
    ctx.onQuery(phaseQuery, () => phase);
    yield* ctx.run("reserveStock", input);

    phase = "waiting for approval";
    let decision: Decision | undefined;
    try {
      decision = yield* ctx.waitForSignal("approval", { timeout: input.decideWithin ?? "1d" });
    } catch (error) {
      if (!(error instanceof SignalTimedOutError)) throw error;
    }

    if (decision?.approved !== true) {
      phase = "cancelling";
      yield* ctx.run("cancelOrder", input);
      phase = "done";
      return decision === undefined
        ? { orderId, status: "expired" }
        : { orderId, status: "rejected", decidedBy: decision.by };
    }

    phase = "charging";
    const receipt = yield* ctx.run("chargeCard", input);
    phase = "shipping";
    const trackingCode = yield* ctx.run("shipOrder", input);
    phase = "done";
    return { orderId, status: "shipped", decidedBy: decision.by, receipt, trackingCode };
  });
