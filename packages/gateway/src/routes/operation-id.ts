import { OPERATION_ID } from "@heddle/core";
import { z } from "zod";

/** Body field of calls that have no id of their own by which a repetition could be told. */
export const operationId = z
  .string()
  .regex(OPERATION_ID, "must be 16 random bytes as 22 characters of base64url")
  .optional()
  .describe(
    "16 random bytes as base64url, made by the caller and the same when the call is repeated: it is applied once",
  );
