import { changes, reads, type GatewayApp } from "@heddle/gateway";
import { HeddleError } from "@heddle/protocol";
import { z } from "zod";
import type { WorkflowDef } from "../definition/workflow-def.js";
import { listBody } from "./body.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { flagParameter, numberParameter } from "./parameters.js";

const named = z.object({ name: z.string().describe("Name of the definition") });

export function workflowDefinitionRoutes(app: GatewayApp, services: ConductorServices): void {
  registerDefinitions(app, services);
  readDefinitions(app, services);
  listDefinitions(app, services);
}

function registerDefinitions(app: GatewayApp, { definitions, metadata }: ConductorServices): void {
  app.post(
    "/metadata/workflow",
    conductorRoute("registerWorkflow", changes("operator"), {
      summary: "Register a workflow definition",
      querystring: z.object({ overwrite: flagParameter(false) }),
      body: z.unknown(),
    }),
    async (request, reply) => {
      const definition = await definitions.workflow(request.body);
      request.auditObject = definition.name;
      await metadata.registerWorkflow(definition, { overwrite: request.query.overwrite, nowMs: Date.now() });
      return reply.send();
    },
  );

  app.put(
    "/metadata/workflow",
    conductorRoute("registerWorkflows", changes("operator"), {
      summary: "Register workflow definitions or replace them; each by itself",
      body: z.unknown(),
    }),
    async (request) => {
      const bodies = listBody("workflow definition", request.body);
      const read: WorkflowDef[] = [];
      for (const body of bodies) read.push(await definitions.workflow(body));
      const bulkErrorResults: Record<string, string> = {};
      const bulkSuccessfulResults: string[] = [];
      for (const definition of read) {
        try {
          await metadata.registerWorkflow(definition, { overwrite: true, nowMs: Date.now() });
          bulkSuccessfulResults.push(definition.name);
        } catch (error) {
          if (!(error instanceof HeddleError)) throw error;
          bulkErrorResults[definition.name] = error.message;
        }
      }
      return { bulkErrorResults, bulkSuccessfulResults };
    },
  );

  app.post(
    "/metadata/workflow/validate",
    conductorRoute("validateWorkflow", reads("reader"), {
      summary: "Check a workflow definition as its registration would",
      body: z.unknown(),
    }),
    async (request, reply) => {
      await definitions.workflow(request.body);
      return reply.send();
    },
  );

  app.delete(
    "/metadata/workflow/:name/:version",
    conductorRoute("deleteWorkflowDefinition", changes("operator"), {
      summary: "Delete one version of a workflow definition; executions go on",
      params: named.extend({ version: z.coerce.number().int().min(1) }),
    }),
    async (request, reply) => {
      const { name, version } = request.params;
      await metadata.deleteWorkflow(name, version);
      return reply.send();
    },
  );
}

function readDefinitions(app: GatewayApp, { metadata }: ConductorServices): void {
  app.get(
    "/metadata/workflow/:name",
    conductorRoute("getWorkflowDefinition", reads("reader"), {
      summary: "A workflow definition: of a version, or the latest",
      params: named,
      querystring: z.object({ version: numberParameter(1) }),
    }),
    (request) => metadata.workflow(request.params.name, request.query.version),
  );

  app.get(
    "/metadata/workflow/:name/versions",
    conductorRoute("listWorkflowVersions", reads("reader"), {
      summary: "Versions of a workflow definition",
      params: named,
    }),
    async (request) => {
      const versions = await collected(metadata.workflows(request.params.name));
      return versions.map(summaryOf);
    },
  );
}

function listDefinitions(app: GatewayApp, { metadata }: ConductorServices): void {
  app.get(
    "/metadata/workflow",
    conductorRoute("listWorkflowDefinitions", reads("reader"), {
      summary: "All workflow definitions, in all versions",
      querystring: z.object({ classifier: z.string().optional() }),
    }),
    async (request) => {
      const { classifier } = request.query;
      const all = await collected(metadata.workflows());
      return classifier === undefined
        ? all
        : all.filter((each) => each.metadata["classifier"] === classifier);
    },
  );

  app.get(
    "/metadata/workflow/latest-versions",
    conductorRoute("listLatestWorkflowDefinitions", reads("reader"), {
      summary: "The latest version of each workflow definition",
    }),
    async () => [...(await latestByName(metadata.workflows())).values()],
  );

  app.get(
    "/metadata/workflow/names",
    conductorRoute("listWorkflowNames", reads("reader"), { summary: "Names of workflow definitions" }),
    async () => [...(await latestByName(metadata.workflows())).keys()],
  );

  app.get(
    "/metadata/workflow/names-and-versions",
    conductorRoute("listWorkflowNamesAndVersions", reads("reader"), {
      summary: "Versions of each workflow definition, by name",
    }),
    async () => {
      const byName = new Map<string, unknown[]>();
      for await (const definition of metadata.workflows()) {
        const versions = byName.get(definition.name);
        if (versions === undefined) byName.set(definition.name, [summaryOf(definition)]);
        else versions.push(summaryOf(definition));
      }
      return Object.fromEntries(byName);
    },
  );
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** They come in ascending order. */
async function latestByName(definitions: AsyncIterable<WorkflowDef>): Promise<Map<string, WorkflowDef>> {
  const latest = new Map<string, WorkflowDef>();
  for await (const definition of definitions) latest.set(definition.name, definition);
  return latest;
}

function summaryOf({ name, version, createTime, updateTime }: WorkflowDef) {
  return { name, version, createTime, updateTime };
}
