import { createHash } from "node:crypto";

/**
 * The workflow id of the execution that an idempotency key of a definition names, in the form of a UUID. So the store's
 * own rule, one open run for each workflow id, decides between starts with the same key.
 */
export function executionIdOf(definitionName: string, idempotencyKey: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([definitionName, idempotencyKey]))
    .digest();
  // Version 8 is that of ids which say nothing of how they were made.
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString("hex", 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
