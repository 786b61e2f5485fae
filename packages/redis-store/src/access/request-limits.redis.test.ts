import { createHash } from "node:crypto";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("a caller's bucket on $server", ({ connection }) => {
  test("gives what it holds, then says when there is more, and fills again", async () => {
    const { store, snapshot } = await openTestStore(connection(), randomNamespace("rate"));
    const take = (wanted: number) =>
      store.access.takeTokens({ subject: "key:a", perSecond: 2, burst: 5, wanted });
    expect(await take(3)).toEqual({ outcome: "granted", tokens: 3 });
    expect(await take(3)).toEqual({ outcome: "granted", tokens: 2 });
    const before = await snapshot();
    const refused = await take(1);
    expect(refused).toMatchObject({ outcome: "refused" });
    if (refused.outcome !== "refused") throw new Error("granted");
    expect(refused.retryAfterMs).toBeGreaterThan(0);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(500);
    expect(await snapshot()).toEqual(before);
    await waitFor(async () => (await take(1)).outcome === "granted", { description: "a token came back" });
  });

  test("is one's own, and forgotten when it is full again", async () => {
    const { store, redis, keys } = await openTestStore(connection(), randomNamespace("rate"));
    const take = (subject: string) =>
      store.access.takeTokens({ subject, perSecond: 1_000, burst: 1, wanted: 9 });
    expect(await take("key:a")).toEqual({ outcome: "granted", tokens: 1 });
    expect(await take("key:b {x}:y")).toEqual({ outcome: "granted", tokens: 1 });
    const bucket = keys.rateBucket(digestOf("key:a"));
    expect(await redis.pttl(bucket)).toBeGreaterThan(0);
    expect(await redis.pttl(bucket)).toBeLessThanOrEqual(1_001);
  });
});

describe.each(SERVERS)("a caller's day on $server", ({ connection }) => {
  test("has so many requests and no more, until the next begins", async () => {
    const { store, redis, keys, snapshot } = await openTestStore(connection(), randomNamespace("quota"));
    const use = () => store.access.useQuota({ subject: "key:a", perDay: 2 });
    expect([await use(), await use()]).toEqual([
      { outcome: "granted", tokens: 1 },
      { outcome: "granted", tokens: 0 },
    ]);
    const before = await snapshot();
    const refused = await use();
    if (refused.outcome !== "refused") throw new Error("granted");
    expect(refused.retryAfterMs).toBeGreaterThan(0);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(24 * 3_600_000);
    expect(await snapshot()).toEqual(before);
    expect(await store.access.useQuota({ subject: "key:b", perDay: 2 })).toMatchObject({ tokens: 1 });
    const quota = keys.quota(digestOf("key:a"));
    expect(await redis.pttl(quota)).toBeGreaterThan(0);
    await redis.hincrby(quota, "day", -1);
    expect(await use()).toEqual({ outcome: "granted", tokens: 1 });
  });
});

function digestOf(subject: string): string {
  return createHash("sha256").update(subject).digest("base64url");
}
