import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import { jsonPointer } from "../deliveries/settings.js";

/** One delivery of a webhook. */
export interface WebhookRequest {
  readonly headers: IncomingHttpHeaders;
  /** As it was signed. */
  readonly bytes: Uint8Array;
  readonly body: unknown;
}

type Place = "pointer" | "header" | "value" | "digest";

const placeFields = {
  pointer: jsonPointer.optional(),
  header: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, "must be the name of a header in lower case")
    .optional(),
  value: z.string().min(1, "must not be empty").optional(),
  digest: z.literal("sha256", "must be sha256").optional(),
  prefix: z.string().optional(),
};

/** Where a text of a delivery stands: at one of the places, behind a prefix if there is one. */
export type ValueSource = z.output<z.ZodObject<typeof placeFields>>;

/** Schema of a source that may be at one of `places`, with `more` fields beside it. */
export function valueSource<More extends z.ZodRawShape>(places: readonly Place[], more: More) {
  return z.strictObject({ ...placeFields, ...more }).superRefine((source, context) => {
    const given = (["pointer", "header", "value", "digest"] as const).filter((place) => place in source);
    const isOne = given.length === 1 && given.every((place) => places.includes(place));
    if (!isOne)
      context.addIssue({ code: "custom", message: `must have exactly one of ${places.join(", ")}` });
  });
}

/** The text there. Throws `InvalidArgumentError` that names the place when there is none. */
export function readValue(source: ValueSource, request: WebhookRequest, what: string): string {
  const found = valueAt(source, request);
  if (found !== undefined) return `${source.prefix ?? ""}${found}`;
  const place = source.header ?? source.pointer?.text ?? "";
  const where = source.header === undefined ? "body" : "headers";
  throw new InvalidArgumentError(
    `the ${where} of this delivery have to hold the ${what} at ${JSON.stringify(place)}, as a text or a whole number`,
    { details: { field: place } },
  );
}

/** Undefined when there is nothing that is a text or a whole number. */
export function valueAt(source: ValueSource, { headers, bytes, body }: WebhookRequest): string | undefined {
  const { pointer, header, value, digest } = source;
  if (value !== undefined) return value;
  if (digest !== undefined) return createHash(digest).update(bytes).digest("base64url");
  return textOf(header === undefined ? pointer?.find(body) : headers[header]);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}
