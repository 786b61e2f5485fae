import type { Attributes } from "@heddle/protocol";
import { z } from "zod";
import { problemSchema } from "../problem/problem.js";

const problem = { "application/problem+json": { schema: problemSchema } };

/** Error replies of every route; a constant so that documents and replies cannot drift apart. */
export const PROBLEMS = {
  "4xx": { description: "Refused: nothing happened, or the run did not complete", content: problem },
  "5xx": {
    description: "Not answered: `code` tells whether nothing happened or it is unknown",
    content: problem,
  },
} as const;

/** Documents one JSON reply of a route. */
export function jsonReply<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { "application/json": { schema } } } as const;
}

export const workflowId = z.string().describe("Workflow id: 1–255 UTF-8 bytes, kept as given");
export const runId = z.string().describe("Random id of one run of the workflow");

/** A user's value as JSON; see `toPlainJson` for what JSON has no form for. */
export const plainPayload = z.unknown().describe("A user's value as plain JSON");

export const attributes = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
  .describe("Search attributes; a date is ISO text");

/** Search attributes as JSON has them. */
export function plainAttributes(values: Attributes): z.infer<typeof attributes> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (value instanceof Date) return [name, value.toISOString()];
      return [name, typeof value === "object" ? [...value] : value];
    }),
  );
}
