import { z } from "zod";

/** For calls whose repetition nothing in their body tells from a second call. */
export const keyHeader = z.looseObject({
  "idempotency-key": z
    .string()
    // Header bytes are read as Latin-1, so what is beyond ASCII would not arrive as it was sent.
    .regex(/^[\x20-\x7e]{1,128}$/, "must be 1 to 128 printable ASCII characters")
    .optional()
    .describe("The same when the call is repeated: it is applied once, and answered alike"),
});

interface KeyedRequest {
  readonly headers: { readonly "idempotency-key"?: string | undefined };
}

export function keyOf({ headers }: KeyedRequest): { idempotencyKey: string | undefined } {
  return { idempotencyKey: headers["idempotency-key"] };
}

/** The route takes the header, and does nothing twice because of it. */
export function heedingKey<Route extends { readonly config: object }>(route: Route) {
  return { ...route, config: { ...route.config, heedsIdempotencyKey: true } };
}
