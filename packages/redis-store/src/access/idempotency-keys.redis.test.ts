import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("idempotency keys on $server", ({ connection }) => {
  const open = async () => {
    const { store, keys, redis, snapshot } = await openTestStore(connection(), randomNamespace("keys"));
    const { access } = store;
    const claim = (claimId: string, fingerprint = "body") =>
      access.claimIdempotencyKey({ use: "use", fingerprint, claimId, lifetimeMs: 60_000 });
    const settle = (end: "answered" | "refused", claimId?: string) =>
      access.settleIdempotencyKey({ use: "use", end, claimId });
    return { claim, settle, snapshot, ttl: () => redis.pttl(keys.idempotencyKey("use")) };
  };

  test("the first claim is told so, also when it is sent again, and another body is refused", async () => {
    const { claim, ttl, snapshot } = await open();
    expect(await claim("a")).toBe("first");
    expect(await ttl()).toBeGreaterThan(50_000);
    const before = await snapshot();
    expect(await claim("a")).toBe("first");
    expect(await claim("b")).toBe("again");
    expect(await claim("b", "other")).toBe("other-use");
    expect(await snapshot()).toEqual(before);
  });

  test("an answered call is known as such, for no longer than the key lives", async () => {
    const { claim, settle, ttl } = await open();
    await claim("a");
    await settle("answered");
    expect(await claim("b")).toBe("answered");
    expect(await claim("b", "other")).toBe("other-use");
    expect(await ttl()).toBeGreaterThan(50_000);
  });

  test("a refused call lets go of the key, and of nobody else's", async () => {
    const { claim, settle, snapshot } = await open();
    const before = await snapshot();
    await claim("a");
    await settle("refused", "b");
    expect(await claim("c")).toBe("again");
    await settle("refused", "a");
    expect(await snapshot()).toEqual(before);
    // What is gone stays gone.
    await settle("answered");
    expect(await snapshot()).toEqual(before);
  });
});
