import { changes, reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { bulk, bulkIds, bulkResults } from "./bulk-answer.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { flagParameter } from "./parameters.js";

const reason = z.string().optional().describe("Kept with the executions");

/** One operation on many executions: each is as atomic as it is on one, and what becomes of each is told. */
export function bulkRoutes(app: GatewayApp, { control, executions, reruns }: ConductorServices): void {
  app.put(
    "/workflow/bulk/pause",
    conductorRoute("bulkPauseWorkflows", changes("operator"), { summary: "Pause executions", body: bulkIds }),
    ({ body }) => bulk(body, (id) => control.pause(id)),
  );
  app.put(
    "/workflow/bulk/resume",
    conductorRoute("bulkResumeWorkflows", changes("operator"), {
      summary: "Resume paused executions",
      body: bulkIds,
    }),
    ({ body }) => bulk(body, (id) => control.resume(id)),
  );
  app.post(
    "/workflow/bulk/restart",
    conductorRoute("bulkRestartWorkflows", changes("operator"), {
      summary: "Restart executions that have ended",
      querystring: z.object({ useLatestDefinitions: flagParameter(false) }),
      body: bulkIds,
    }),
    ({ body, query }) => bulk(body, (id) => reruns.restart(id, query)),
  );
  app.post(
    "/workflow/bulk/retry",
    conductorRoute("bulkRetryWorkflows", changes("operator"), {
      summary: "Retry what failed in executions that have ended",
      querystring: z.object({ resumeSubworkflowTasks: flagParameter(false) }),
      body: bulkIds,
    }),
    ({ body, query }) => bulk(body, (id) => reruns.retry(id, query)),
  );
  app.post(
    "/workflow/bulk/terminate",
    conductorRoute("bulkTerminateWorkflows", changes("operator"), {
      summary: "End executions with their open tasks and sub-workflows",
      querystring: z.object({ reason }),
      body: bulkIds,
    }),
    ({ body, query }) => bulk(body, (id) => control.terminate(id, query.reason)),
  );
  for (const [method, path] of [
    ["DELETE", "remove"],
    ["POST", "delete"],
  ] as const) {
    app.route({
      ...{ method, url: `/workflow/bulk/${path}` },
      ...conductorRoute(
        path === "remove" ? "bulkRemoveWorkflows" : "bulkDeleteWorkflows",
        changes("operator"),
        {
          summary: "Remove everything of executions that have ended",
          querystring: z.object({
            archiveWorkflow: flagParameter(true).describe("False: open ones are terminated first"),
          }),
          body: bulkIds,
        },
      ),
      handler: ({ body, query }) =>
        bulk(body, (id) => control.remove(id, { terminateFirst: !query.archiveWorkflow })),
    });
  }
  app.delete(
    "/workflow/bulk/terminate-remove",
    conductorRoute("bulkTerminateAndRemoveWorkflows", changes("operator"), {
      summary: "End executions that are open, and remove everything of them",
      querystring: z.object({ reason, archiveWorkflow: flagParameter(true) }),
      body: bulkIds,
    }),
    ({ body, query }) =>
      bulk(body, (id) => control.remove(id, { terminateFirst: true, reason: query.reason })),
  );
  app.post(
    "/workflow/bulk/search",
    conductorRoute("bulkReadWorkflows", reads("reader"), {
      summary: "Executions by their ids",
      querystring: z.object({ includeTasks: flagParameter(true) }),
      body: bulkIds,
    }),
    ({ body, query }) => bulkResults(body, (id) => executions.read(id, query)),
  );
}
