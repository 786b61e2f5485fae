import { InvalidArgumentError, WorkflowNotFoundError } from "@heddle/protocol";
import { workflow } from "@heddle/workflow";
import type { JsonMap } from "../definition/json-bean.js";
import { findDefinition } from "../interpreter/find-definition.js";
import { startExecution } from "../interpreter/start-execution.js";
import type { WorkflowSchedule } from "../definition/workflow-schedule.js";

/** Type of the runs of a schedule: each looks up the definition as it is then, and starts it. */
export const CONDUCTOR_SCHEDULE = "conductor.schedule";

/** The schedule itself; what changes with time (pause, next run) is Heddle's. */
export interface ScheduledStart {
  readonly schedule: Omit<WorkflowSchedule, "paused" | "pausedReason">;
  /** The definitions' variables, as executions get them. */
  readonly environment?: Record<string, string> | undefined;
}

/** By which lists find what schedules did. */
const SCHEDULED_ATTRIBUTES = {
  scheduleName: "string",
  /** Name of the definition that is started. */
  scheduledWorkflow: "string",
  scheduledTime: "date",
  startedWorkflowId: "string",
} as const;

/**
 * Starts what a Conductor schedule says, once for each tick. Its result has the id of the execution; it fails when there
 * is no such definition.
 */
export const scheduledStartWorkflow = workflow({
  name: CONDUCTOR_SCHEDULE,
  description: "Starts the workflow of a Conductor schedule",
})
  .searchAttributes(SCHEDULED_ATTRIBUTES)
  .execute(function* (ctx, input: ScheduledStart) {
    assertScheduledStart(input);
    const { name, startWorkflowRequest: request } = input.schedule;
    const scheduledMs = tickOf(name, ctx.workflowId) ?? ctx.startedAtMs;
    ctx.setAttributes({ scheduledTime: new Date(scheduledMs) });
    const found =
      request.workflowDef === undefined
        ? yield* findDefinition({ ctx }, request.name, request.version)
        : { definition: request.workflowDef };
    if ("problem" in found) throw new WorkflowNotFoundError(found.problem);
    const workflowId = yield* startExecution(
      { ctx },
      {
        definition: found.definition,
        input: {
          ...request.input,
          _startedByScheduler: name,
          _scheduledTime: scheduledMs,
          _executedTime: ctx.startedAtMs,
          _executionId: ctx.workflowId,
        },
        correlationId: request.correlationId,
        taskToDomain: request.taskToDomain,
        priority: request.priority,
        createdBy: request.createdBy,
        environment: input.environment,
      },
    );
    ctx.setAttribute("startedWorkflowId", workflowId);
    return { workflowId };
  });

function assertScheduledStart(input: unknown): asserts input is ScheduledStart {
  const { schedule } = (input ?? {}) as { schedule?: { startWorkflowRequest?: JsonMap } };
  if (typeof schedule?.startWorkflowRequest?.["name"] === "string") return;
  throw new InvalidArgumentError(
    `a run of ${CONDUCTOR_SCHEDULE} is started by a schedule that was saved at /api/scheduler/schedules`,
  );
}

/** The run of a tick is named by the schedule and the time of the tick. */
function tickOf(scheduleName: string, workflowId: string): number | undefined {
  const ms = Date.parse(workflowId.slice(scheduleName.length + 1));
  return workflowId.startsWith(`${scheduleName}-`) && !Number.isNaN(ms) ? ms : undefined;
}
