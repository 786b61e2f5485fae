// What is known of an execution without asking its code: what lists of runs show.
import { isClosedStatus, type WorkflowSummary } from "@heddle/protocol";
import type { ExecutionStatus } from "../interpreter/task-status.js";
import type { FieldKind } from "./field-test.js";

export const EXECUTION_STATUSES = [
  ...["RUNNING", "PAUSED", "COMPLETED", "FAILED", "TIMED_OUT", "TERMINATED"],
] as const satisfies readonly ExecutionStatus[] as readonly ExecutionStatus[];

/** By what executions are searched. */
export const EXECUTION_FIELDS = {
  workflowId: "text",
  workflowType: "text",
  version: "number",
  correlationId: "text",
  status: { oneOf: EXECUTION_STATUSES },
  startTime: "time",
  endTime: "time",
  updateTime: "time",
  parentWorkflowId: "text",
  classifier: "text",
} as const satisfies Readonly<Record<string, FieldKind>>;
export type ExecutionField = keyof typeof EXECUTION_FIELDS;

/** Other names that clients send. */
export const EXECUTION_ALIASES: Readonly<Record<string, ExecutionField>> = {
  modifiedTime: "updateTime",
  workflowName: "workflowType",
  workflowVersion: "version",
};

export type ExecutionFacts = Readonly<Record<ExecutionField, string | number | undefined>> & {
  readonly workflowId: string;
  readonly status: ExecutionStatus;
  readonly startTime: number;
  readonly updateTime: number;
  readonly endTime: number | undefined;
  readonly isTopLevel: boolean;
};

export function factsOf({
  id,
  status,
  createdAt,
  updatedAt,
  attributes = {},
}: WorkflowSummary): ExecutionFacts {
  const text = (name: string) => {
    const value = attributes[name];
    return typeof value === "string" ? value : undefined;
  };
  const endTime = isClosedStatus(status)
    ? (toldEnd(attributes["endTime"]) ?? updatedAt.getTime())
    : undefined;
  const version = attributes["workflowVersion"];
  return {
    workflowId: id,
    workflowType: text("workflowType"),
    version: typeof version === "number" ? version : undefined,
    correlationId: text("correlationId"),
    status: statusOf(status, text("status")),
    startTime: createdAt.getTime(),
    endTime,
    updateTime: endTime ?? updatedAt.getTime(),
    parentWorkflowId: text("parentWorkflowId"),
    classifier: text("classifier"),
    isTopLevel: text("parentWorkflowId") === undefined,
  };
}

function toldEnd(endTime: unknown): number | undefined {
  return endTime instanceof Date ? endTime.getTime() : undefined;
}

/** The interpreter tells its status, unless it was ended from outside and could not. */
function statusOf(run: WorkflowSummary["status"], told: string | undefined): ExecutionStatus {
  switch (run) {
    case "pending":
    case "running":
    case "suspended":
      return told === "PAUSED" ? "PAUSED" : "RUNNING";
    case "completed":
      return "COMPLETED";
    case "failed":
      return told === "TIMED_OUT" || told === "TERMINATED" ? told : "FAILED";
    case "timed-out":
      return "TIMED_OUT";
    case "cancelled":
    case "terminated":
    case "continued":
      return "TERMINATED";
  }
}
