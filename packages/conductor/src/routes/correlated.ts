import { reads, type GatewayApp } from "@heddle/gateway";
import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import type { JsonMap } from "../definition/json-bean.js";
import type { ExecutionField } from "../search/execution-facts.js";
import { planOf } from "../search/execution-plan.js";
import type { FieldCondition } from "../search/field-test.js";
import { MAX_LOOKED_AT } from "../search/run-pages.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { flagParameter, numberParameter } from "./parameters.js";
import { wholeExecutions } from "./search.js";

/** Executions that one call answers whole; each has to be rebuilt. */
const MAX_CORRELATED = 1_000;
const MAX_GIVEN = 100;

const definitionPath = z.object({ name: z.string().describe("Name of the definition") });
const which = z.object({ includeClosed: flagParameter(false), includeTasks: flagParameter(false) });
const given = (what: string) => z.array(z.string()).min(1).max(MAX_GIVEN).describe(what);

export function correlatedRoutes(app: GatewayApp, services: ConductorServices): void {
  const { search } = services;

  app.get(
    "/workflow/running/:name",
    conductorRoute("runningWorkflows", reads("reader"), {
      summary: "Ids of open executions, or of all that were started in a window of time",
      params: definitionPath,
      querystring: z.object({
        version: numberParameter(1),
        startTime: numberParameter(0),
        endTime: numberParameter(0),
      }),
    }),
    async ({ params, query }) => {
      const { version = 1, startTime, endTime } = query;
      const isWindow = startTime !== undefined && endTime !== undefined;
      const { totalHits, found } = await search.find(
        planOf([
          anyOf("workflowType", [params.name]),
          anyOf("version", [version]),
          isWindow
            ? { field: "startTime", test: { test: "between", from: startTime, to: endTime } }
            : anyOf("status", ["RUNNING", "PAUSED"]),
        ]),
        { start: 0, size: MAX_LOOKED_AT },
      );
      assertFew(totalHits, MAX_LOOKED_AT, "startTime");
      return found.map(({ run }) => run.id);
    },
  );

  /** By correlation id, in the order of the ids. */
  const correlated = async (
    names: readonly string[],
    correlationIds: readonly string[],
    { includeClosed, includeTasks }: z.output<typeof which>,
  ): Promise<Record<string, JsonMap[]>> => {
    const { totalHits, found } = await search.find(
      planOf([
        anyOf("workflowType", names),
        anyOf("correlationId", correlationIds),
        ...(includeClosed ? [] : [anyOf("status", ["RUNNING"])]),
      ]),
      { start: 0, size: MAX_CORRELATED },
    );
    assertFew(totalHits, MAX_CORRELATED, "correlationIds");
    const whole = await wholeExecutions(services, found, { includeTasks });
    const of = new Map<unknown, JsonMap[]>(correlationIds.map((id) => [id, []]));
    for (const each of whole) of.get(each["correlationId"])?.push(each);
    return Object.fromEntries(of) as Record<string, JsonMap[]>;
  };

  app.get(
    "/workflow/:name/correlated/:correlationId",
    conductorRoute("correlatedWorkflows", reads("reader"), {
      summary: "Executions with a correlation id",
      params: definitionPath.extend({ correlationId: z.string() }),
      querystring: which,
    }),
    async ({ params: { name, correlationId }, query }) => {
      const found = await correlated([name], [correlationId], query);
      return found[correlationId] ?? [];
    },
  );
  app.post(
    "/workflow/:name/correlated",
    conductorRoute("correlatedWorkflowsOfMany", reads("reader"), {
      summary: "Executions with one of several correlation ids, by correlation id",
      params: definitionPath,
      querystring: which,
      body: given("Correlation ids"),
    }),
    ({ params, body, query }) => correlated([params.name], body, query),
  );
  app.post(
    "/workflow/correlated/batch",
    conductorRoute("correlatedWorkflowsBatch", reads("reader"), {
      summary: "Executions of several definitions with one of several correlation ids, by correlation id",
      querystring: which,
      body: z.object({ workflowNames: given("Names"), correlationIds: given("Correlation ids") }),
    }),
    ({ body, query }) => correlated(body.workflowNames, body.correlationIds, query),
  );
}

function anyOf(field: ExecutionField, values: readonly (string | number)[]): FieldCondition<ExecutionField> {
  return { field, test: { test: "any-of", values: [...new Set(values)] } };
}

function assertFew(found: number, most: number, field: string): void {
  if (found <= most) return;
  throw new InvalidArgumentError(
    `${found} executions are asked for, and one call answers ${most}; narrow it by ${field}, or search in pages`,
    { details: { field } },
  );
}
