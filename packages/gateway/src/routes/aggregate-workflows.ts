import type { GroupBy, WorkflowClient } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { filterParameters } from "./parameters.js";
import { jsonReply, PROBLEMS } from "./replies.js";
import { filterOf } from "./search-fields.js";

const aggregateParameters = filterParameters.extend({
  groupBy: z.enum(["status", "type", "version"]).optional().describe("What runs are counted by"),
  groupByAttribute: z.string().optional().describe("The same by a search attribute. Excludes groupBy"),
});

const groups = z
  .object({
    groups: z.array(
      z.object({
        group: z
          .union([z.string(), z.number(), z.boolean(), z.null()])
          .describe(
            "What its runs have in common; a date is ISO text; null: no version, because no code ran",
          ),
        count: z.int(),
      }),
    ),
  })
  .meta({ id: "WorkflowGroups" });

export function aggregateWorkflows(api: GatewayApp, client: WorkflowClient): void {
  api.get(
    "/workflows/aggregate",
    {
      schema: {
        operationId: "aggregateWorkflows",
        summary: "Count workflows by what they have in common, the largest group first",
        description:
          "Needs groupBy or groupByAttribute. By an attribute, runs without it are in no group, and a run with a list is in the group of each element.",
        tags: ["workflows"],
        querystring: aggregateParameters,
        response: { 200: jsonReply("Groups by size", groups), ...PROBLEMS },
      },
    },
    async (request) => {
      const { groupBy, groupByAttribute, ...filter } = request.query;
      const found = await client.aggregate(filterOf(filter), {
        groupBy: groupByOf({ groupBy, groupByAttribute }),
      });
      return {
        groups: found.map(({ group, count }) => ({
          group: group instanceof Date ? group.toISOString() : group,
          count,
        })),
      };
    },
  );
}

function groupByOf(parameters: {
  readonly groupBy: Extract<GroupBy, string> | undefined;
  readonly groupByAttribute: string | undefined;
}): GroupBy {
  const { groupBy, groupByAttribute } = parameters;
  if (groupBy !== undefined && groupByAttribute === undefined) return groupBy;
  if (groupBy === undefined && groupByAttribute !== undefined) return { attribute: groupByAttribute };
  throw new InvalidArgumentError("give either groupBy or groupByAttribute", {
    details: { field: "groupBy" },
  });
}
