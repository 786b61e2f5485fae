import { reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import type { JsonMap } from "../definition/json-bean.js";
import { concurrently } from "../search/concurrently.js";
import type { FoundExecution } from "../search/execution-search.js";
import { executionSummary } from "../search/execution-summary.js";
import { taskSummary } from "../search/task-facts.js";
import type { FoundTask } from "../search/task-search.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { flagParameter } from "./parameters.js";
import { MAX_SUMMARIES, MAX_WHOLE, searchParameters } from "./search-parameters.js";

const executionParameters = (most: number) =>
  searchParameters(most).extend({
    classifier: z.string().optional().describe("metadata.classifier of the definition"),
    topLevelOnly: flagParameter(false).describe("Without sub-workflows"),
  });

export function searchRoutes(app: GatewayApp, services: ConductorServices): void {
  const { client, search, taskSearch } = services;
  const summaries = async (found: readonly FoundExecution[]): Promise<JsonMap[]> => {
    const ends = await concurrently(found, ({ run }) => client.ends(run.id));
    return ends.flatMap((each) => (each === undefined ? [] : [executionSummary(each)]));
  };
  const whole = (found: readonly FoundExecution[]) => wholeExecutions(services, found);

  app.get(
    "/workflow/search",
    conductorRoute("searchWorkflows", reads("reader"), {
      summary: "Find executions; their summaries",
      querystring: executionParameters(MAX_SUMMARIES),
    }),
    async ({ query }) => {
      const { totalHits, found } = await search.search(query);
      return { totalHits, results: await summaries(found) };
    },
  );
  app.get(
    "/workflow/search-v2",
    conductorRoute("searchWorkflowsV2", reads("reader"), {
      summary: "Find executions; without their tasks",
      querystring: executionParameters(MAX_WHOLE),
    }),
    async ({ query }) => {
      const { totalHits, found } = await search.search(query);
      return { totalHits, results: await whole(found) };
    },
  );

  app.get(
    "/workflow/search-by-tasks",
    conductorRoute("searchWorkflowsByTasks", reads("reader"), {
      summary: "Find executions by their tasks; their summaries",
      querystring: searchParameters(MAX_SUMMARIES),
    }),
    async ({ query }) => {
      const all = executionsOf(await taskSearch.search(query));
      return { totalHits: all.length, results: await summaries(pageOf(all, query)) };
    },
  );
  app.get(
    "/workflow/search-by-tasks-v2",
    conductorRoute("searchWorkflowsByTasksV2", reads("reader"), {
      summary: "Find executions by their tasks; without their tasks",
      querystring: searchParameters(MAX_WHOLE),
    }),
    async ({ query }) => {
      const all = executionsOf(await taskSearch.search(query));
      return { totalHits: all.length, results: await whole(pageOf(all, query)) };
    },
  );

  app.get(
    "/tasks/search",
    conductorRoute("searchTasks", reads("reader"), {
      summary: "Find tasks; their summaries",
      querystring: searchParameters(MAX_SUMMARIES),
    }),
    async ({ query }) => {
      const all = await taskSearch.search(query);
      return { totalHits: all.length, results: pageOf(all, query).map(({ task }) => taskSummary(task)) };
    },
  );
  app.get(
    "/tasks/search-v2",
    conductorRoute("searchTasksV2", reads("reader"), {
      summary: "Find tasks",
      querystring: searchParameters(MAX_WHOLE),
    }),
    async ({ query }) => {
      const all = await taskSearch.search(query);
      return { totalHits: all.length, results: pageOf(all, query).map(({ task }) => task) };
    },
  );
}

/** Conductor's Workflow JSON of what was found; one that was removed meanwhile is left out. */
export async function wholeExecutions(
  { executions }: Pick<ConductorServices, "executions">,
  found: readonly FoundExecution[],
  { includeTasks = false }: { readonly includeTasks?: boolean } = {},
): Promise<JsonMap[]> {
  const whole = await concurrently(found, ({ run }) => executions.find(run.id, { includeTasks }), 4);
  return whole.filter((each) => each !== undefined);
}

function pageOf<Item>(
  items: readonly Item[],
  { start, size }: { readonly start: number; readonly size: number },
): readonly Item[] {
  return items.slice(start, start + size);
}

/** In the order of their first task that was found. */
function executionsOf(tasks: readonly FoundTask[]): readonly FoundExecution[] {
  return [...new Map(tasks.map(({ execution }) => [execution.run.id, execution])).values()];
}
