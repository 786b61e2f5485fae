import { randomBytes } from "node:crypto";

/** A namespace no other test uses, so that tests share one Redis and run in parallel. */
export function randomNamespace(label = "test"): string {
  return `${label}-${randomBytes(6).toString("hex")}`;
}
