import { changes, type GatewayApp } from "@heddle/gateway";
import { InvalidArgumentError, WorkflowNotRunningError } from "@heddle/protocol";
import { z } from "zod";
import { jsonBean, jsonMap, requiredName } from "../definition/json-bean.js";
import { readBean } from "../definition/read-request.js";
import { updateRun } from "../executions/update-run.js";
import { resetCallbacks, skipTask, taskUpdate, updateState } from "../interpreter/execution-messages.js";
import { TASK_STATUSES } from "../interpreter/task-status.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { answerStopped, refsOf, waitMsOf } from "./execute-workflow.js";
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
export function workflowStateRoutes(app: GatewayApp, services: ConductorServices): void {
  const { client, executions } = services;
  app.put(
    "/workflow/:id/skiptask/:taskReferenceName",
    conductorRoute("skipTask", changes("operator"), {
      summary: "Pass over a task that has not been scheduled; the body has its input and output",
      params: workflowPath.extend({ taskReferenceName: z.string() }),
      body: z.unknown(),
    }),
    async (request, reply) => {
      const { id, taskReferenceName } = request.params;
      const skip = readBean("skip request", skipRequest, request.body ?? {});
      const input = { ...skip, taskReferenceName };
      await updateRun(client, { workflowId: id, update: skipTask, input }).catch(conflict);
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
      await updateRun(client, { workflowId: request.params.id, update: resetCallbacks, input: undefined });
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
      const variables = readBean("map of variables", jsonMap, request.body ?? {});
      await updateRun(client, { workflowId: id, update: updateState, input: { variables } });
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
    async (request, reply) => {
      const { id: workflowId } = request.params;
      const { requestId, waitUntilTaskRef = "", waitForSeconds = 0 } = request.query;
      const state = readBean("change of the state", stateRequest, request.body ?? {});
      const input = { variables: state.variables, task: taskChange(state) };
      const updateId = requestId === undefined || requestId === "" ? undefined : `state ${requestId}`;
      await updateRun(client, { workflowId, update: updateState, input, updateId });
      const refs = refsOf(waitUntilTaskRef);
      return answerStopped(reply, services, {
        ...{ workflowId, requestId, refs, returnStrategy: "TARGET_WORKFLOW" },
        waitMs: waitMsOf(waitForSeconds, { fallback: refs.length === 0 ? 0 : undefined }),
      });
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
