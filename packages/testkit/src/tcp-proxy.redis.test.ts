import { createConnection } from "node:net";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import "./global-setup.js";
import { randomNamespace } from "./random-namespace.js";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.js";
import { waitFor } from "./wait-for.js";

let direct: Redis;
let proxied: Redis;
let proxy: TcpProxy;
let key: string;

beforeEach(async () => {
  const { port } = new URL(inject("redisUrl"));
  proxy = await startTcpProxy({ targetPort: Number(port) });
  direct = new Redis(inject("redisUrl"));
  proxied = new Redis(proxy.port, "127.0.0.1", { retryStrategy: () => 10, maxRetriesPerRequest: null });
  proxied.on("error", () => undefined);
  key = randomNamespace("proxy");
});
afterEach(async () => {
  proxied.disconnect();
  direct.disconnect();
  await proxy.stop();
});

test("commands and large replies pass through unchanged", async () => {
  const large = "x".repeat(5_000_000);
  await proxied.set(key, large);
  expect(await proxied.get(key)).toBe(large);
  expect(await direct.strlen(key)).toBe(large.length);
  expect(proxy.connectionCount).toBe(1);
  await direct.del(key);
});

test("a dropped reply belongs to a command that was applied, and the client that repeats applies it twice", async () => {
  await proxied.ping();
  proxy.dropReplies(true);
  const counted = proxied.incr(key);
  await waitFor(() => proxy.droppedReplyBytes > 0, { description: "the reply is dropped" });
  expect(await direct.get(key)).toBe("1");
  proxy.dropReplies(false);
  expect(await counted).toBe(2);
});

test("a cut resets the connections and lets new ones in", async () => {
  await proxied.ping();
  const closed = new Promise((resolve) => proxied.once("close", resolve));
  proxy.cut();
  await closed;
  expect(await proxied.set(key, "after the cut")).toBe("OK");
});

test("latency delays each reply and keeps the order", async () => {
  await proxied.ping();
  proxy.setLatencyMs(40);
  const startedAtMs = performance.now();
  const replies = await Promise.all([1, 2, 3].map(() => proxied.incr(key)));
  expect(replies).toEqual([1, 2, 3]);
  // Both directions, with room for timers that fire a millisecond early.
  expect(performance.now() - startedAtMs).toBeGreaterThan(75);
});

test("a stopped proxy refuses connections", async () => {
  await proxied.ping();
  await proxy.stop();
  const socket = createConnection({ host: "127.0.0.1", port: proxy.port });
  const refused = await new Promise<Error>((resolve) => socket.once("error", resolve));
  expect(String(refused)).toContain("ECONNREFUSED");
});
