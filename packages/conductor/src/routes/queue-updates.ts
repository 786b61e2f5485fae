// Updates of tasks whose effect the caller does not wait for.
import { InvalidArgumentError, WorkflowNotRunningError } from "@heddle/protocol";
import { changes, reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { jsonMap } from "../definition/json-bean.js";
import { updateTask, type TaskUpdate } from "../interpreter/execution-messages.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";

const STATUSES = ["COMPLETED", "FAILED"] as const;

export function queueUpdateRoutes(app: GatewayApp, { client, executions }: ConductorServices): void {
  const update = async (
    workflowId: string,
    task: Pick<TaskUpdate, "taskId" | "taskReferenceName">,
    { status, body }: { readonly status: string; readonly body: unknown },
  ): Promise<void> => {
    const known = STATUSES.find((each) => each === status);
    if (known === undefined) {
      throw new InvalidArgumentError(
        `There is no queue for handling ${status} status; use ${STATUSES.join(" or ")}`,
        { details: { field: "status" } },
      );
    }
    const output = jsonMap.safeParse(body ?? {});
    if (!output.success) {
      throw new InvalidArgumentError("the body is the output of the task: one JSON object", {
        details: { field: "body" },
      });
    }
    await executions.assertExists(workflowId);
    const message: TaskUpdate = { ...task, status: known, outputData: output.data, mergeOutput: true };
    try {
      await client.signal(workflowId, updateTask.name, message);
    } catch (error) {
      // As an update of a task that has ended: it changes nothing and is no fault of the caller.
      if (!(error instanceof WorkflowNotRunningError)) throw error;
    }
  };

  app.post(
    "/queue/update/:id/:taskRefName/:status",
    conductorRoute("updateByRefThroughQueue", changes("worker"), {
      summary: "End a task by its reference name; answered before it is done",
      params: z.object({ id: z.string(), taskRefName: z.string(), status: z.string() }),
      body: z.unknown(),
    }),
    async (request, reply) => {
      const { id, taskRefName, status } = request.params;
      await update(id, { taskReferenceName: taskRefName }, { status, body: request.body });
      return reply.send();
    },
  );

  app.post(
    "/queue/update/:id/task/:taskId/:status",
    conductorRoute("updateByTaskIdThroughQueue", changes("worker"), {
      summary: "End a task by its id; answered before it is done",
      params: z.object({ id: z.string(), taskId: z.string(), status: z.string() }),
      body: z.unknown(),
    }),
    async (request, reply) => {
      const { id, taskId, status } = request.params;
      await update(id, { taskId }, { status, body: request.body });
      return reply.send();
    },
  );

  // Updates go straight to the inbox of their workflow, so nothing ever waits in between.
  const queues = STATUSES.map((status) => [status, `conductor:${status}`] as const);
  app.get(
    "/queue/size",
    conductorRoute("getUpdateQueueSizes", reads("reader"), { summary: "Updates that wait: none" }),
    () => Object.fromEntries(queues.map(([, queue]) => [queue, 0])),
  );
  for (const path of ["/queue", "/queue/"]) {
    app.get(
      path,
      conductorRoute(path === "/queue" ? "listUpdateQueues" : "listUpdateQueuesAsWell", reads("reader"), {
        summary: "Names of the queues of updates, by status",
      }),
      () => Object.fromEntries(queues),
    );
  }
}
