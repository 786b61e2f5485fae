import { ConfigurationError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { readConfiguration } from "./configuration.js";

const needed = { REDIS_URL: "redis://127.0.0.1:6379", HEDDLE_ACTIVITIES: "./activities.js" };

test("only the Redis URL and the activities are needed", () => {
  expect(readConfiguration(needed)).toEqual({
    redisUrl: "redis://127.0.0.1:6379",
    namespace: "default",
    prefix: undefined,
    activityModules: ["./activities.js"],
    queues: ["default"],
    systemTasks: {
      http: { allowedHosts: [], allowedNetworks: [], maxRedirects: 0 },
      sandbox: { deadlineMs: 4_000, memoryBytes: 32 * 1024 * 1024 },
      kafka: { allowedHosts: [], allowedNetworks: [] },
      secrets: {},
      environment: {},
    },
    concurrency: 100,
    drainMs: 10_000,
    logLevel: "info",
    healthPort: undefined,
  });
});

test("every variable is taken, and lists may hold blanks and repeat themselves", () => {
  expect(
    readConfiguration({
      REDIS_URL: "rediss://example.org",
      HEDDLE_NAMESPACE: "shop",
      HEDDLE_PREFIX: "h",
      HEDDLE_ACTIVITIES: " ./a.js , pkg,, ./a.js",
      HEDDLE_QUEUES: "mail, gpu",
      HEDDLE_CONCURRENCY: "7",
      HEDDLE_EGRESS_HOSTS: "orders.internal, *.svc.cluster.local",
      HEDDLE_EGRESS_NETWORKS: "10.0.0.0/8",
      HEDDLE_EGRESS_PORTS: "443,9000",
      HEDDLE_EGRESS_PROXY: "http://proxy.internal:3128",
      HEDDLE_HTTP_REDIRECTS: "1",
      HEDDLE_SCRIPT_DEADLINE_MS: "500",
      HEDDLE_SCRIPT_MEMORY_MB: "8",
      HEDDLE_KAFKA_BROKERS: "kafka:9092",
      HEDDLE_KAFKA_TLS: "1",
      HEDDLE_KAFKA_SASL_MECHANISM: "plain",
      HEDDLE_KAFKA_SASL_USERNAME: "heddle",
      HEDDLE_KAFKA_SASL_PASSWORD: "hunter2",
      HEDDLE_SECRET_TOKEN: "t0p",
      HEDDLE_DRAIN_MS: "0",
      HEDDLE_LOG_LEVEL: "debug",
      HEDDLE_HEALTH_PORT: "9000",
    }),
  ).toEqual({
    redisUrl: "rediss://example.org",
    namespace: "shop",
    prefix: "h",
    activityModules: ["./a.js", "pkg"],
    queues: ["mail", "gpu"],
    concurrency: 7,
    systemTasks: {
      http: {
        allowedHosts: ["orders.internal", "*.svc.cluster.local"],
        allowedNetworks: ["10.0.0.0/8"],
        allowedPorts: [443, 9_000],
        proxyUrl: "http://proxy.internal:3128",
        maxRedirects: 1,
      },
      sandbox: { deadlineMs: 500, memoryBytes: 8 * 1024 * 1024 },
      kafka: {
        allowedHosts: ["orders.internal", "*.svc.cluster.local"],
        allowedNetworks: ["10.0.0.0/8"],
        brokers: ["kafka:9092"],
        ssl: true,
        sasl: { mechanism: "plain", username: "heddle", password: "hunter2" },
      },
      secrets: { TOKEN: "t0p" },
      environment: {},
    },
    drainMs: 0,
    logLevel: "debug",
    healthPort: 9_000,
  });
});

test.each([
  ["REDIS_URL", { REDIS_URL: "" }],
  ["REDIS_URL", { REDIS_URL: "http://127.0.0.1" }],
  ["HEDDLE_ACTIVITIES", { HEDDLE_ACTIVITIES: undefined }],
  ["HEDDLE_ACTIVITIES", { HEDDLE_ACTIVITIES: " , " }],
  ["HEDDLE_CONDUCTOR", { HEDDLE_CONDUCTOR: "yes" }],
  ["HEDDLE_EGRESS_PORTS", { HEDDLE_EGRESS_PORTS: "http" }],
  ["HEDDLE_EGRESS_PROXY", { HEDDLE_EGRESS_PROXY: "proxy:3128" }],
  ["HEDDLE_KAFKA_SASL_MECHANISM", { HEDDLE_KAFKA_SASL_MECHANISM: "plain" }],
  ["HEDDLE_NAMESPACE", { HEDDLE_NAMESPACE: "a:b" }],
  ["HEDDLE_PREFIX", { HEDDLE_PREFIX: "{a}" }],
  ["HEDDLE_QUEUES", { HEDDLE_QUEUES: "," }],
  ["HEDDLE_QUEUES", { HEDDLE_QUEUES: "mail,a b" }],
  ["HEDDLE_CONCURRENCY", { HEDDLE_CONCURRENCY: "0" }],
  ["HEDDLE_DRAIN_MS", { HEDDLE_DRAIN_MS: "10s" }],
  ["HEDDLE_LOG_LEVEL", { HEDDLE_LOG_LEVEL: "loud" }],
  ["HEDDLE_HEALTH_PORT", { HEDDLE_HEALTH_PORT: "65536" }],
])("a fault of %s is told by its name: %j", (variable, environment) => {
  const read = () => readConfiguration({ ...needed, ...environment });
  expect(read).toThrow(ConfigurationError);
  expect(read).toThrow(new RegExp(`^${variable} `));
});

test("no secret of the URL is told", () => {
  const read = () => readConfiguration({ ...needed, REDIS_URL: "http://user:hunter2@example.org" });
  expect(read).toThrow(/^REDIS_URL (?!.*hunter2)/);
});

test("a process for Conductor's system tasks needs no modules of its own", () => {
  const { REDIS_URL } = needed;
  expect(readConfiguration({ REDIS_URL, HEDDLE_CONDUCTOR: "1" })).toMatchObject({ activityModules: [] });
  expect(readConfiguration({ ...needed, HEDDLE_CONDUCTOR: "0" }).systemTasks).toBeUndefined();
});
