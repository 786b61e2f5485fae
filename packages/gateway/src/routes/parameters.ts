import { WORKFLOW_STATUSES } from "@heddle/protocol";
import { z } from "zod";

/** Percent-encode the id: `a/b` is `a%2Fb`. */
export const workflowPath = z.object({
  id: z.string().describe("Workflow id, percent-encoded"),
});

export const namedPath = (what: "signal" | "query" | "update") =>
  workflowPath.extend({ name: z.string().describe(`Name of the ${what}, percent-encoded`) });

/** A whole number in decimal digits; `1e3`, `0x10`, blanks and signs are refused. */
export function wholeNumber(options: { least: number; most: number; description: string }) {
  const { least, most, description } = options;
  return z
    .preprocess(
      (text) => (typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : text),
      z.int(`must be a whole number from ${least} to ${most}`).min(least).max(most),
    )
    .meta({ type: "integer", minimum: least, maximum: most, description });
}

const status = z.enum(WORKFLOW_STATUSES);

/** `?status=running&status=pending&type=order` */
export const filterParameters = z.strictObject({
  status: z
    .preprocess((given) => (typeof given === "string" ? [given] : given), z.array(status))
    .meta({
      type: "array",
      items: { type: "string", enum: [...WORKFLOW_STATUSES] },
      description: "Statuses to take; repeat the parameter for several",
    })
    .optional(),
  type: z.string().optional().describe("Workflow type"),
  createdFrom: z.iso.datetime({ offset: true }).optional().describe("Accepted then or later"),
  createdTo: z.iso.datetime({ offset: true }).optional().describe("Accepted before"),
  idPrefix: z.string().optional().describe("What the workflow id begins with"),
  version: z.string().optional().describe("Version of the code that first ran it"),
  tags: z
    .preprocess((given) => (typeof given === "string" ? [given] : given), z.array(z.string()))
    .meta({
      type: "array",
      items: { type: "string" },
      description: "Tags that it has, all of them; repeat the parameter for several",
    })
    .optional(),
  attributes: z
    .string()
    .optional()
    .describe(
      'JSON: per attribute a value, or one of {"in":[…]}, {"prefix":…}, {"contains":…}, {"gt","gte","lt","lte"}; a date is {"date":"…"}',
    ),
});

/** The same filter in a body. */
export const filterBody = z
  .strictObject({
    status: z.union([status, z.array(status)]).optional(),
    type: z.string().optional().describe("Workflow type"),
    createdFrom: z.iso.datetime({ offset: true }).optional().describe("Accepted then or later"),
    createdTo: z.iso.datetime({ offset: true }).optional().describe("Accepted before"),
    idPrefix: z.string().optional().describe("What the workflow id begins with"),
    version: z.string().optional().describe("Version of the code that first ran it"),
    tags: z.array(z.string()).optional().describe("Tags that it has, all of them"),
    attributes: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'Per attribute a value, or a condition as in the parameter of the list; a date is {"date":"…"}',
      ),
  })
  .meta({ id: "WorkflowFilter" });
