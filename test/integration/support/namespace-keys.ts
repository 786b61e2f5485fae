// What a namespace holds in Redis, seen from outside.
import { Redis } from "ioredis";
import { inject, onTestFinished } from "vitest";

/** A plain connection to the shared server; closed when the test ends. */
export function openRedis(): Redis {
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  return redis;
}

export async function keysOf(redis: Redis, namespace: string): Promise<string[]> {
  const keys: string[] = [];
  for (let cursor = "0"; ;) {
    const [next, found] = await redis.scan(cursor, "MATCH", `*:${namespace}[:}]*`, "COUNT", "5000");
    keys.push(...found);
    cursor = next;
    if (cursor === "0") return [...new Set(keys)].sort();
  }
}

/** Every key with its whole content. For namespaces without a coordinator: a lease that is renewed changes it. */
export async function contentOf(redis: Redis, namespace: string): Promise<Record<string, string>> {
  const keys = await keysOf(redis, namespace);
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return Object.fromEntries(keys.map((key, index) => [key, dumps[index]?.toString("hex") ?? ""]));
}
