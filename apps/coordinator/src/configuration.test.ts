import { ConfigurationError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { readConfiguration } from "./configuration.js";

const needed = { REDIS_URL: "redis://127.0.0.1:6379", HEDDLE_WORKFLOWS: "./workflows.js" };

test("only the Redis URL and the workflows are needed", () => {
  expect(readConfiguration(needed)).toEqual({
    redisUrl: "redis://127.0.0.1:6379",
    namespace: "default",
    prefix: undefined,
    logLevel: "info",
    partitions: undefined,
    workflowModules: ["./workflows.js"],
    runsConductor: true,
    activityModules: [],
    leaseTtlMs: 3_000,
    renewEveryMs: 1_000,
    cachedRuns: undefined,
    healthPort: undefined,
  });
});

test("every variable is taken, and a lease is renewed at a third of its life", () => {
  expect(
    readConfiguration({
      ...needed,
      HEDDLE_NAMESPACE: "shop",
      HEDDLE_PREFIX: "h",
      HEDDLE_PARTITIONS: "64",
      HEDDLE_WORKFLOWS: "./a.js, @shop/workflows",
      HEDDLE_ACTIVITIES: "@shop/activities",
      HEDDLE_LEASE_TTL_MS: "2000",
      HEDDLE_CACHED_RUNS: "5",
      HEDDLE_LOG_LEVEL: "debug",
      HEDDLE_HEALTH_PORT: "9000",
    }),
  ).toMatchObject({
    namespace: "shop",
    prefix: "h",
    partitions: 64,
    workflowModules: ["./a.js", "@shop/workflows"],
    activityModules: ["@shop/activities"],
    leaseTtlMs: 2_000,
    renewEveryMs: 666,
    cachedRuns: 5,
    logLevel: "debug",
    healthPort: 9_000,
  });
});

test.each([
  ["REDIS_URL", { REDIS_URL: "" }],
  ["HEDDLE_WORKFLOWS", { HEDDLE_WORKFLOWS: undefined }],
  ["HEDDLE_WORKFLOWS", { HEDDLE_WORKFLOWS: " , " }],
  ["HEDDLE_PARTITIONS", { HEDDLE_PARTITIONS: "0" }],
  ["HEDDLE_PARTITIONS", { HEDDLE_PARTITIONS: "1025" }],
  ["HEDDLE_LEASE_TTL_MS", { HEDDLE_LEASE_TTL_MS: "3s" }],
  ["HEDDLE_LEASE_TTL_MS", { HEDDLE_LEASE_TTL_MS: "299" }],
  ["HEDDLE_CACHED_RUNS", { HEDDLE_CACHED_RUNS: "0" }],
  ["HEDDLE_HEALTH_PORT", { HEDDLE_HEALTH_PORT: "65536" }],
])("a fault of %s is told by its name: %j", (variable, environment) => {
  const read = () => readConfiguration({ ...needed, ...environment });
  expect(read).toThrow(ConfigurationError);
  expect(read).toThrow(new RegExp(`^${variable} `));
});
