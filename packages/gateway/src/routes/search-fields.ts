import type { AttributeFilter, RunFilterOptions } from "@heddle/core";
import { InvalidArgumentError, type AttributeChanges, type Attributes } from "@heddle/protocol";
import { z } from "zod";
import { parseJsonText } from "../json/json-text.js";
import type { filterBody, filterParameters } from "./parameters.js";

const date = z
  .strictObject({ date: z.iso.datetime({ offset: true }) })
  .describe("A date, because JSON has none: ISO 8601 with a zone");

/** Value of a search attribute in a body. */
export const attributeValue = z.union([z.string(), z.number(), z.boolean(), date, z.array(z.string())]);

/** Body fields of a call that starts a run; checked by the client, which names what is wrong. */
export const searchFields = {
  attributes: z
    .record(z.string(), attributeValue)
    .optional()
    .describe("Search attributes of a run that is started"),
  tags: z.array(z.string()).optional().describe("The same as the attribute tags"),
  memo: z.unknown().optional().describe("Any JSON; shown by describe, not searched"),
} as const;

/** The same for the client: dates are dates. */
export function searchOptionsOf(fields: {
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly memo?: unknown;
}): { attributes: Attributes | undefined; tags: readonly string[] | undefined; memo: unknown } {
  const { attributes, tags, memo } = fields;
  // Of the shapes that the schema let pass, dates are the only ones that are not values yet.
  return { attributes: attributes && (withDates(attributes) as Attributes), tags, memo };
}

/** A filter for the client, of the parameters of a query string. */
export function filterOf<Parameters extends z.infer<typeof filterParameters>>(
  parameters: Parameters,
): Omit<Parameters, "createdFrom" | "createdTo" | "attributes"> & RunFilterOptions {
  const { createdFrom, createdTo, attributes, ...rest } = parameters;
  const createdAt = {
    ...(createdFrom === undefined ? {} : { from: new Date(createdFrom) }),
    ...(createdTo === undefined ? {} : { to: new Date(createdTo) }),
  };
  return {
    ...rest,
    ...(Object.keys(createdAt).length === 0 ? {} : { createdAt }),
    ...(attributes === undefined ? {} : { attributes: attributeFilters(attributes) }),
  };
}

/** The same of a body, whose attributes are JSON already. */
export function filterOfBody({ attributes, status, ...rest }: z.infer<typeof filterBody>): RunFilterOptions {
  return {
    ...filterOf(rest),
    ...(status === undefined ? {} : { status }),
    // Checked by the client.
    ...(attributes === undefined
      ? {}
      : { attributes: withDates(attributes) as Readonly<Record<string, AttributeFilter>> }),
  };
}

/** Changes for the client: null removes. */
export function attributeChangesOf(
  fields: Readonly<Record<string, z.infer<typeof attributeValue> | null>>,
): AttributeChanges {
  return withDates(fields) as AttributeChanges;
}

function attributeFilters(text: string): Readonly<Record<string, AttributeFilter>> {
  let filters: unknown;
  try {
    filters = withDates(parseJsonText(text));
  } catch (cause) {
    throw new InvalidArgumentError(
      'the parameter attributes is no JSON object; send for example {"customer":"ada","total":{"gte":100}}, percent-encoded',
      { details: { field: "attributes" }, cause },
    );
  }
  // Checked by the client.
  return filters as Readonly<Record<string, AttributeFilter>>;
}

function withDates(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const asDate = date.safeParse(value);
  if (asDate.success) return new Date(asDate.data.date);
  if (Array.isArray(value)) return value.map(withDates);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withDates(part)]));
}
