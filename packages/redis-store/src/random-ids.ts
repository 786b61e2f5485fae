import { randomBytes } from "node:crypto";
import type { IdSource } from "@heddle/core";
import { uuidv7 } from "uuidv7";

const ID_BYTES = 16;
/** Drawn for many ids at once: asking the operating system costs more than all the rest of an id. */
const POOL_BYTES = 256 * ID_BYTES;
let pool = Buffer.alloc(0);
let used = 0;

function randomId(): string {
  if (used === pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString("base64url", used - ID_BYTES, used);
}

/** Ids from the operating system's randomness. */
export const randomIdSource: IdSource = { randomId, workflowId: () => uuidv7() };
