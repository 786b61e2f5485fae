import type { RepeatableCall } from "@heddle/core";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { digestOf } from "./operation-id.js";

/** For calls whose repetition nothing in their body tells from a second call. */
export const operationKeyHeader = z.looseObject({
  "idempotency-key": z
    .string()
    // Node reads header bytes as Latin-1, so what is beyond ASCII would not arrive as it was sent.
    .regex(/^[\x20-\x7e]{1,255}$/, "must be 1 to 255 printable ASCII characters")
    .optional()
    .describe("The same when the call is repeated: it is applied once, and answered alike"),
});

/** One operation per route, object and key: a key that a caller uses for two of these must not make them one. */
export function operationByKey(
  request: Pick<FastifyRequest, "routeOptions"> & {
    readonly headers: { readonly "idempotency-key"?: string | undefined };
  },
  id: string,
): RepeatableCall {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return {};
  return { operationId: digestOf([request.routeOptions.schema?.operationId ?? null, id, key]) };
}
