import { reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { TASK_STATUSES } from "../interpreter/task-status.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { flagParameter, numberParameter, workflowPath } from "./parameters.js";

const DEFAULT_PAGE = 15;
const status = z.enum(TASK_STATUSES);

export function readWorkflowRoutes(app: GatewayApp, { executions }: ConductorServices): void {
  app.get(
    "/workflow/:id",
    conductorRoute("getWorkflow", reads("reader"), {
      summary: "An execution with its tasks",
      params: workflowPath,
      querystring: z.object({ includeTasks: flagParameter(true) }),
    }),
    (request) => executions.read(request.params.id, { includeTasks: request.query.includeTasks }),
  );

  app.get(
    "/workflow/:id/status",
    conductorRoute("getWorkflowStatus", reads("reader"), {
      summary: "Status of an execution",
      params: workflowPath,
      querystring: z.object({
        includeOutput: flagParameter(false),
        includeVariables: flagParameter(false),
      }),
    }),
    async (request) => {
      const { includeOutput, includeVariables } = request.query;
      const { workflowId, correlationId, output, variables, status } = await executions.read(
        request.params.id,
        { includeTasks: false },
      );
      return {
        ...{ workflowId, correlationId, status },
        ...(includeOutput ? { output } : {}),
        ...(includeVariables ? { variables } : {}),
      };
    },
  );

  app.get(
    "/workflow/:id/tasks",
    conductorRoute("listWorkflowTasks", reads("reader"), {
      summary: "A page of the tasks of an execution, in the order in which they were scheduled",
      params: workflowPath,
      querystring: z.object({
        start: numberParameter(0),
        count: numberParameter(0),
        status: z
          .preprocess((given) => (typeof given === "string" ? [given] : given), z.array(status))
          .optional(),
      }),
    }),
    (request) => {
      const { start, count = DEFAULT_PAGE, status: taskStatus } = request.query;
      return executions.tasks(request.params.id, { start, count, taskStatus });
    },
  );
}
