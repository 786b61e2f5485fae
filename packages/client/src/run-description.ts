import {
  type Attributes,
  WORKFLOW_STATUSES,
  type WorkflowStatus,
  type WorkflowSummary,
} from "@heddle/protocol";
import type { ReplyBody } from "./http/reply-body.js";
import { attributesFrom } from "./search-options.js";

export interface PendingActivity {
  readonly seq: number;
  readonly name: string;
  readonly queue: string;
  readonly state: "scheduled" | "started" | "backing-off";
  readonly attempt: number;
  readonly lastFailureMessage: string | undefined;
}

export interface PendingUpdate {
  readonly updateId: string;
  readonly name: string;
  /** Whether the code has judged it. */
  readonly state: "admitted" | "accepted";
  readonly admittedAtMs: number;
}

/** The current run of a workflow, as `Engine` describes it. Times are epoch ms of the Redis clock. */
export interface RunDescription {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly status: WorkflowStatus;
  /** Of the code that first ran it; `undefined` while none has. */
  readonly version: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Records in the history. */
  readonly historyLength: number;
  /** Events accepted for the run, and how many of them its code has seen. */
  readonly accepted: number;
  readonly processed: number;
  /** Why no code moves the run although it is open. */
  readonly heldReason: string | undefined;
  readonly startAtMs: number | undefined;
  readonly executionDeadlineMs: number | undefined;
  readonly runDeadlineMs: number | undefined;
  readonly pendingActivities: readonly PendingActivity[];
  readonly pendingUpdates: readonly PendingUpdate[];
  readonly continueAsNewSuggested: boolean;
  /** Search attributes, dates as ISO 8601 text; absent for a run that never had any. */
  readonly attributes?: Attributes;
  /** What the run was given at its start, or by its code; not searched. */
  readonly memo?: unknown;
}

export function descriptionFrom(run: ReplyBody): RunDescription {
  const memo = run.get("memo");
  return {
    workflowId: run.text("id"),
    runId: run.text("runId"),
    type: run.text("type"),
    status: run.oneOf("status", WORKFLOW_STATUSES),
    version: run.optionalText("version"),
    createdAtMs: run.date("createdAt").getTime(),
    updatedAtMs: run.date("updatedAt").getTime(),
    historyLength: run.whole("historyLength"),
    accepted: run.whole("accepted"),
    processed: run.whole("processed"),
    heldReason: run.optionalText("heldReason"),
    startAtMs: run.optionalDate("startAt")?.getTime(),
    executionDeadlineMs: run.optionalDate("executionDeadline")?.getTime(),
    runDeadlineMs: run.optionalDate("runDeadline")?.getTime(),
    pendingActivities: run.list("pendingActivities").map((activity) => ({
      seq: activity.whole("seq"),
      name: activity.text("name"),
      queue: activity.text("queue"),
      state: activity.oneOf("state", ["scheduled", "started", "backing-off"]),
      attempt: activity.whole("attempt"),
      lastFailureMessage: activity.optionalText("lastFailureMessage"),
    })),
    pendingUpdates: run.list("pendingUpdates").map((update) => ({
      updateId: update.text("updateId"),
      name: update.text("name"),
      state: update.oneOf("state", ["admitted", "accepted"]),
      admittedAtMs: update.date("admittedAt").getTime(),
    })),
    continueAsNewSuggested: run.flag("continueAsNewSuggested"),
    ...attributesFrom(run),
    ...(memo === undefined ? {} : { memo }),
  };
}

export function summaryFrom(run: ReplyBody): WorkflowSummary {
  const startAt = run.optionalDate("startAt");
  return {
    id: run.text("id"),
    runId: run.text("runId"),
    type: run.text("type"),
    status: run.oneOf("status", WORKFLOW_STATUSES),
    version: run.optionalText("version"),
    createdAt: run.date("createdAt"),
    updatedAt: run.date("updatedAt"),
    ...(startAt === undefined ? {} : { startAt }),
    ...attributesFrom(run),
  };
}
