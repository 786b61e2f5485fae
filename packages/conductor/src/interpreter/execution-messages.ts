// What may be asked of a run of `conductor.workflow` from outside. Each is an update with an answer; those marked so are
// signals as well, for who needs none.
import { query, update } from "@heddle/workflow";
import { z } from "zod";
import { jsonBean, jsonMap, requiredName, wholeNumber, type JsonMap } from "../definition/json-bean.js";
import type { ExecutionSnapshot } from "./carried-execution.js";
import type { Blocking } from "./blocking.js";
import type { ExecutionQuery } from "./execution-json.js";
import { TASK_STATUSES } from "./task-status.js";

export const taskUpdate = jsonBean({
  /** Which task: its id, or its reference name with or without the number of an iteration, or the first WAIT that is open. */
  taskId: z.string().optional(),
  taskReferenceName: z.string().optional(),
  firstWait: z.boolean().optional(),
  status: z.enum(TASK_STATUSES),
  outputData: jsonMap.default({}),
  /** Adds to the output that the task has; otherwise the output is replaced. */
  mergeOutput: z.boolean().default(false),
  reasonForIncompletion: z.string().optional(),
  workerId: z.string().optional(),
  /** Of a worker's task that is given back: when another may take it. */
  callbackAfterSeconds: wholeNumber(0).default(0),
}).refine(
  ({ taskId, taskReferenceName, firstWait }) =>
    [taskId, taskReferenceName, firstWait].filter((each) => each !== undefined).length === 1,
  "name the task by one of taskId, taskReferenceName and firstWait",
);
type ReadTaskUpdate = z.output<typeof taskUpdate>;
export type TaskUpdate = Partial<ReadTaskUpdate> & Pick<ReadTaskUpdate, "status">;

export interface TaskUpdateAnswer {
  /** Absent when no task of the execution is meant. */
  readonly taskId?: string;
  /** `ignored`: the task or the execution had ended. */
  readonly outcome: "applied" | "ignored" | "not-found";
}

export const taskSkip = jsonBean({
  taskReferenceName: requiredName("taskReferenceName"),
  taskInput: jsonMap.optional(),
  taskOutput: jsonMap.optional(),
});
export type TaskSkip = z.output<typeof taskSkip>;

/** Ends a task or tells of its progress. Also a signal. */
export const updateTask = update<TaskUpdate, TaskUpdateAnswer>("conductor.updateTask");
/** Lets a task that has not been scheduled be passed over. */
export const skipTask = update<TaskSkip, undefined>("conductor.skipTask");
export const stateUpdate = jsonBean({
  /** Added to the variables of the execution, key by key. */
  variables: jsonMap.optional(),
  /** A list is added to the list that a variable is, and does not replace it. */
  appendsToLists: z.boolean().optional(),
  task: taskUpdate.optional(),
});
export interface StateUpdate {
  readonly variables?: JsonMap | undefined;
  readonly appendsToLists?: boolean | undefined;
  readonly task?: TaskUpdate | undefined;
}
export interface StateUpdateAnswer {
  readonly task?: TaskUpdateAnswer;
}

/** Sets variables and ends a task, in one step. */
export const updateState = update<StateUpdate, StateUpdateAnswer>("conductor.updateState");
/** Tasks that were given back to their queue for a while may be taken at once. */
export const resetCallbacks = update<undefined>("conductor.resetCallbacks");
/** Nothing new is scheduled until it is resumed. A no-op when it is paused. Also a signal. */
export const pauseExecution = update<undefined>("conductor.pause");
/** Starts the clock of its timeout anew. Rejected when it is not paused. Also a signal. */
export const resumeExecution = update<undefined>("conductor.resume");
/** Cancels open tasks and sub-workflows; no failure workflow is started. Also a signal. */
export const terminateExecution = update<{ reason?: string | undefined } | undefined, undefined>(
  "conductor.terminate",
);

/** Conductor's Workflow JSON. Of a closed run `replayedExecution` gives it. */
export const queryExecution = query<ExecutionQuery | undefined, JsonMap>("conductor.execution");
/** What a run that follows may take over. Of a closed run `replayedSnapshot` gives it. */
export const querySnapshot = query<undefined, ExecutionSnapshot>("conductor.snapshot");
/** A page of its tasks. */
export const queryTasks = query<
  ExecutionQuery | undefined,
  { totalHits: number; results: readonly JsonMap[] }
>("conductor.tasks");
/** Whether it waits for somebody outside. */
export const queryBlocking = query<{ refs?: readonly string[] } | undefined, Blocking>("conductor.blocking");
/** One task by its id; null when there is none. */
export const queryTask = query<{ taskId: string }, JsonMap | null>("conductor.task");
