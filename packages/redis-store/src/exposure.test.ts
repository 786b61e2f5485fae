import { expect, test } from "vitest";
import { isExposed } from "./exposure.js";

const node = (host: string) => ({ host, port: 6_379 });

test.each([
  { url: "redis://redis.example.org" },
  { url: "redis://10.0.0.7:6379/0" },
  { url: "rediss://[2001:db8::1]" },
  { url: "redis://user@redis" },
  { url: "rediss://redis", tls: { ca: "…" } },
  { cluster: [node("127.0.0.1"), node("10.0.0.7")] },
  { sentinel: { name: "main", nodes: [node("sentinel")] } },
])("everybody can use the Redis that is reached by %j", (connection) => {
  expect(isExposed(connection)).toBe(true);
});

test.each([
  { url: "redis://localhost" },
  { url: "redis://127.0.0.1:6379" },
  { url: "redis://127.8.0.1" },
  { url: "redis://[::1]:6379" },
  { url: "unix:///run/redis.sock" },
  { url: "redis://:secret@redis.example.org" },
  { url: "redis://redis", password: "secret" },
  { url: "rediss://redis", tls: { cert: "…", key: "…" } },
  { cluster: [node("127.0.0.1")] },
  { sentinel: { name: "main", nodes: [node("sentinel")] }, password: "secret" },
])("not everybody can use the Redis that is reached by %j", (connection) => {
  expect(isExposed(connection)).toBe(false);
});
