import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openTestStore, SERVERS } from "../testing/test-store.js";

const DIGEST = "0f".repeat(32);
const key = (id: string, rest: object = {}) =>
  ({ id, sha256: DIGEST, label: "checkout", role: "signaller", createdBy: "key:root", ...rest }) as const;

describe.each(SERVERS)("API keys on $server", ({ connection }) => {
  async function open() {
    const opened = await openTestStore(connection(), randomNamespace("keys"));
    return { ...opened, access: opened.store.access };
  }

  test("a created key is found with its digest and listed without it", async () => {
    const { access } = await open();
    const created = await access.createApiKey(key("aa", { requestsPerSecond: 5 }));
    expect(created).toMatchObject({
      ...{ id: "aa", label: "checkout", role: "signaller", createdBy: "key:root", requestsPerSecond: 5 },
      ...{ state: "active", expiresAtMs: undefined, revokedAtMs: undefined },
    });
    expect(created).not.toHaveProperty("sha256");
    expect(await access.findApiKey("aa")).toEqual({ ...created, sha256: DIGEST });
    expect(await access.listApiKeys()).toEqual([created]);
    expect(await access.findApiKey("ab")).toBeUndefined();
  });

  test("a time of a key is not taken for a key", async () => {
    const { access, snapshot } = await open();
    await access.createApiKey(key("aa"));
    const before = await snapshot();
    const id = "aa:createdAtMs";
    const successor = { id: "new", sha256: DIGEST, createdBy: "a" };
    expect(await access.findApiKey(id)).toBeUndefined();
    expect(await access.revokeApiKey(id)).toBeUndefined();
    expect(await access.rotateApiKey({ id, successor, overlapMs: 0 })).toEqual({ outcome: "not-found" });
    expect(await snapshot()).toEqual(before);
  });

  test("creating the same key again changes nothing, and another key under its id is refused", async () => {
    const { access, snapshot } = await open();
    const created = await access.createApiKey(key("aa", { lifetimeMs: 60_000 }));
    const before = await snapshot();
    expect(await access.createApiKey(key("aa", { lifetimeMs: 60_000 }))).toEqual(created);
    await expect(access.createApiKey(key("aa", { role: "admin" }))).rejects.toThrow("already");
    expect(await snapshot()).toEqual(before);
  });

  test("a key ends by itself when its time is over", async () => {
    const { access } = await open();
    await access.createApiKey(key("aa", { lifetimeMs: 0 }));
    // By the time of Redis as this process knows it, which may be a little behind.
    await waitFor(async () => (await access.findApiKey("aa"))?.state === "expired", {
      description: "the key has expired",
    });
  });

  test("a revoked key stays revoked since the first time", async () => {
    const { access, snapshot } = await open();
    await access.createApiKey(key("aa"));
    const revoked = await access.revokeApiKey("aa");
    expect(revoked).toMatchObject({ state: "revoked" });
    const before = await snapshot();
    expect(await access.revokeApiKey("aa")).toEqual(revoked);
    expect(await access.revokeApiKey("nope")).toBeUndefined();
    expect(await snapshot()).toEqual(before);
  });

  test("a rotated key has a successor with its rights and works on for the overlap", async () => {
    const { access, snapshot } = await open();
    await access.createApiKey(key("old", { requestsPerSecond: 7, requestsPerDay: 70, lifetimeMs: 90_000 }));
    const request = {
      id: "old",
      successor: { id: "new", sha256: "1e".repeat(32), createdBy: "key:ops" },
      overlapMs: 60_000,
    };
    const rotated = await access.rotateApiKey(request);
    if (rotated.outcome !== "rotated") throw new Error(rotated.outcome);
    const { successor, previous } = rotated;
    expect(successor).toMatchObject({ role: "signaller", label: "checkout" });
    expect(successor).toMatchObject({ requestsPerSecond: 7, requestsPerDay: 70 });
    expect(successor).toMatchObject({ createdBy: "key:ops", state: "active" });
    expect(Number(successor.expiresAtMs) - successor.createdAtMs).toBe(90_000);
    expect(Number(previous.expiresAtMs) - successor.createdAtMs).toBe(60_000);
    const before = await snapshot();
    expect(await access.rotateApiKey(request)).toEqual(rotated);
    expect(await snapshot()).toEqual(before);
  });

  test("a rotation does not lengthen the life of the old key", async () => {
    const { access } = await open();
    const { expiresAtMs } = await access.createApiKey(key("old", { lifetimeMs: 10_000 }));
    const successor = { id: "new", sha256: DIGEST, createdBy: "a" };
    await access.rotateApiKey({ id: "old", successor, overlapMs: 60_000 });
    expect((await access.findApiKey("old"))?.expiresAtMs).toBe(expiresAtMs);
  });

  test("a key that is gone, revoked or expired has no successor", async () => {
    const { access, snapshot } = await open();
    await access.createApiKey(key("revoked"));
    await access.revokeApiKey("revoked");
    await access.createApiKey(key("expired", { lifetimeMs: 0 }));
    const before = await snapshot();
    const rotate = (id: string) =>
      access.rotateApiKey({
        id,
        successor: { id: "new", sha256: DIGEST, createdBy: "a" },
        overlapMs: 0,
      });
    expect(await rotate("nope")).toEqual({ outcome: "not-found" });
    expect(await rotate("revoked")).toEqual({ outcome: "not-active", state: "revoked" });
    expect(await rotate("expired")).toEqual({ outcome: "not-active", state: "expired" });
    expect(await snapshot()).toEqual(before);
  });

  test("a key dead for 30 days is forgotten when the next is created", async () => {
    const { access, redis, keys } = await open();
    for (const id of ["expired", "revoked", "lately"]) await access.createApiKey(key(id));
    const longAgo = Date.now() - 31 * 24 * 3_600_000;
    await redis.hset(keys.apiKeys, "expired:expiresAtMs", longAgo, "revoked:revokedAtMs", longAgo);
    await access.revokeApiKey("lately");
    await access.createApiKey(key("next"));
    expect((await access.listApiKeys()).map(({ id }) => id).sort()).toEqual(["lately", "next"]);
    expect((await redis.hkeys(keys.apiKeys)).filter((field) => /^(expired|revoked)/.test(field))).toEqual([]);
  });
});
