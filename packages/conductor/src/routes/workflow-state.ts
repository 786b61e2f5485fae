import { changes, type GatewayApp } from "@heddle/gateway";
import { InvalidArgumentError, WorkflowNotRunningError } from "@heddle/protocol";
import { z } from "zod";
import { jsonBean, jsonMap, requiredName } from "../definition/json-bean.js";
import { readJson } from "../definition/read-request.js";
import { updateExecution } from "../executions/update-execution.js";
import { resetCallbacks, skipTask, taskUpdate, updateState } from "../interpreter/execution-messages.js";
import { TASK_STATUSES } from "../interpreter/task-status.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { numberParameter, workflowPath } from "./parameters.js";

const skipRequest = jsonBean({ taskInput: jsonMap.optional(), taskOutput: jsonMap.optional() });

const stateRequest = jsonBean({
  taskReferenceName: requiredName("taskReferenceName").optional(),
  taskResult: jsonBean({
    taskId: z.string().optional(),
    status: z.enum(TASK_STATUSES).default("COMPLETED"),
    outputData: jsonMap.optional(),
    reasonForIncompletion: z.string().optional(),
    workerId: z.string().optional(),
  }).optional(),
  variables: jsonMap.optional(),
});

/** Changes open executions beside what their tasks do. */
export function workflowStateRoutes(app: GatewayApp, { client, executions }: ConductorServices): void {
  app.put(
    "/workflow/:id/skiptask/:taskReferenceName",
    conductorRoute("skipTask", changes("operator"), {
      summary: "Pass over a task that has not been scheduled; the body has its input and output",
      params: workflowPath.extend({ taskReferenceName: z.string() }),
      body: z.unknown(),
    }),
    async (request, reply) => {
      const { id, taskReferenceName } = request.params;
      const skip = readJson("skip request", skipRequest, request.body ?? {});
      await updateExecution(client, id, skipTask, { ...skip, taskReferenceName }).catch(conflict);
      return reply.send();
    },
  );

  app.post(
    "/workflow/:id/resetcallbacks",
    conductorRoute("resetCallbacks", changes("operator"), {
      summary: "Let tasks be polled at once that workers gave back for a while",
      params: workflowPath,
    }),
    async (request, reply) => {
      await updateExecution(client, request.params.id, resetCallbacks, undefined);
      return reply.code(204).send();
    },
  );

  app.post(
    "/workflow/:id/variables",
    conductorRoute("updateVariables", changes("signaller"), {
      summary: "Set variables of an open execution; the others stay",
      params: workflowPath,
      body: z.unknown(),
    }),
    async (request) => {
      const { id } = request.params;
      const variables = readJson("map of variables", jsonMap, request.body ?? {});
      await updateExecution(client, id, updateState, { variables });
      return executions.read(id);
    },
  );

  app.post(
    "/workflow/:id/state",
    conductorRoute("updateState", changes("signaller"), {
      summary: "Set variables of an open execution and update one of its tasks, in one step",
      params: workflowPath,
      querystring: z.object({
        requestId: z.string().optional().describe("The same when the call is repeated: it is applied once"),
        waitUntilTaskRef: z.string().optional(),
        waitForSeconds: numberParameter(0),
      }),
      body: z.unknown(),
    }),
    async (request) => {
      const { id } = request.params;
      const { requestId } = request.query;
      const state = readJson("change of the state", stateRequest, request.body ?? {});
      const change = { variables: state.variables, task: taskChange(state) };
      const updateId = requestId === undefined || requestId === "" ? undefined : `state ${requestId}`;
      await updateExecution(client, id, updateState, change, { updateId });
      return executions.read(id);
    },
  );
}

/** As `updateTask` takes it; a task is named by its reference, or by the id that its result carries. */
function taskChange({ taskReferenceName, taskResult }: z.output<typeof stateRequest>) {
  if (taskReferenceName === undefined && taskResult === undefined) return undefined;
  const { taskId, ...result } = taskResult ?? { status: "COMPLETED" as const };
  const named = taskReferenceName === undefined ? { taskId } : { taskReferenceName };
  const change = taskUpdate.safeParse({ ...result, ...named });
  if (change.success) return change.data;
  throw new InvalidArgumentError("taskResult names no task; give taskReferenceName, or taskResult.taskId", {
    details: { field: "taskReferenceName" },
  });
}

/** A skip that comes too late, or for no task, is a conflict with the state of the execution. */
function conflict(error: unknown): never {
  if (!(error instanceof InvalidArgumentError)) throw error;
  throw new WorkflowNotRunningError(error.message, { details: error.details, cause: error });
}
