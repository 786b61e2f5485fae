import { randomBytes } from "node:crypto";
import type { IdSource } from "@heddle/core";
import { uuidv7 } from "uuidv7";

/** Ids from the operating system's randomness. */
export const randomIdSource: IdSource = {
  randomId: () => randomBytes(16).toString("base64url"),
  workflowId: () => uuidv7(),
};
