import { expect, test } from "vitest";
import { isSupportedVersion, parseServerVersion } from "./redis-version.js";

test("the version is read from what Redis and Valkey print", () => {
  expect(parseServerVersion("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64")).toBe(
    "7.0.15",
  );
  expect(parseServerVersion("Valkey server v=8.1.1 sha=00000000:0 malloc=libc bits=64")).toBe("8.1.1");
  expect(parseServerVersion("git version 2.39.5")).toBeUndefined();
});

test("servers are accepted from 7.0 on", () => {
  expect(["5.0.14", "6.0.16", "6.2.0", "7.0.15", "10.1.0"].map(isSupportedVersion)).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
});
