import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";

export const idempotencyKeyHeader = z.looseObject({
  "idempotency-key": z
    .string()
    // Node reads header bytes as Latin-1, so a key beyond ASCII would become another key than the same one in a body.
    .regex(/^[\x20-\x7e]*$/, "holds characters beyond ASCII; send the key as the body field idempotencyKey")
    .optional()
    .describe("Same as the body field `idempotencyKey`; taken as it is, quotes included"),
});

/** The one idempotency key of a request, whether it came as a header or in the body. */
export function idempotencyKeyOf(request: {
  readonly headers: { readonly "idempotency-key"?: string | undefined };
  readonly body: { readonly idempotencyKey?: string | undefined };
}): string | undefined {
  const inHeader = request.headers["idempotency-key"];
  const inBody = request.body.idempotencyKey;
  if (inHeader !== undefined && inBody !== undefined && inHeader !== inBody) {
    throw new InvalidArgumentError(
      "the header Idempotency-Key and the field idempotencyKey differ; send one, or the same in both",
      { details: { field: "idempotencyKey" } },
    );
  }
  return inBody ?? inHeader;
}
