import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { apiKeyId, digestOf, digestsEqual, freshApiKey } from "./api-key.js";

test("a fresh key has its id in it, 256 bits of its own, and is told from its digest by nobody", () => {
  const { id, key, sha256 } = freshApiKey();
  expect(apiKeyId(key)).toBe(id);
  expect(Buffer.from(key.slice(-43), "base64url")).toHaveLength(32);
  expect(sha256).toBe(createHash("sha256").update(key).digest("hex"));
  const keys = Array.from({ length: 100 }, () => freshApiKey());
  expect(new Set(keys.flatMap((each) => [each.id, each.key, each.sha256])).size).toBe(300);
});

test("what has not exactly the form of a key has no id", () => {
  const { key } = freshApiKey();
  for (const other of [
    "",
    "heddle_",
    key.slice(1),
    `${key}A`,
    key.slice(0, -1),
    key.toUpperCase(),
    `${key}\n`,
  ]) {
    expect(apiKeyId(other)).toBeUndefined();
  }
});

test.each(["", "x", "x".repeat(1024 * 1024)])("credentials of any length can be compared (%#)", (given) => {
  const { key } = freshApiKey();
  expect(digestsEqual(digestOf(given), digestOf(key))).toBe(false);
  expect(digestsEqual(digestOf(given), digestOf(given))).toBe(true);
  expect(digestsEqual(Buffer.from(given), digestOf(key))).toBe(false);
});
