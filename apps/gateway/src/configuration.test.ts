import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@heddle/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { readConfiguration } from "./configuration.js";

const REDIS_URL = "redis://127.0.0.1:6379";
const ADMIN_KEY = "k".repeat(32);

test("only the Redis URL is needed", () => {
  expect(readConfiguration({ REDIS_URL })).toEqual({
    redisUrl: REDIS_URL,
    namespace: "default",
    prefix: undefined,
    host: "127.0.0.1",
    port: 8_080,
    logLevel: "info",
    preStopMs: 0,
    drainMs: 10_000,
    codecModule: undefined,
    webhooks: undefined,
    eventRules: undefined,
    ingestionQueue: undefined,
    ingestionConcurrency: 100,
    conductor: {
      egress: { allowedHosts: [], allowedNetworks: [] },
      environment: {},
      secretNames: [],
      secrets: {},
    },
    access: {
      credentials: { adminKey: undefined, tokens: undefined },
      requestsPerSecond: undefined,
      auditEntries: undefined,
    },
    corsOrigins: [],
    limits: {
      deadLetters: undefined,
      streams: { total: 1_000, perCaller: 100 },
    },
    trustProxy: [],
  });
});

test("every variable is taken", () => {
  expect(
    readConfiguration({
      REDIS_URL,
      HEDDLE_NAMESPACE: "shop",
      HEDDLE_PREFIX: "h",
      HEDDLE_HOST: "::1",
      HEDDLE_PORT: "0",
      HEDDLE_LOG_LEVEL: "debug",
      HEDDLE_PRESTOP_MS: "5000",
      HEDDLE_DRAIN_MS: "500",
      HEDDLE_ADMIN_KEY: ADMIN_KEY,
      HEDDLE_INGESTION_QUEUE: "requests",
      HEDDLE_CONDUCTOR: "0",
      HEDDLE_INGESTION_CONCURRENCY: "5",
      HEDDLE_DEAD_LETTERS: "500",
      HEDDLE_RATE_LIMIT: "0",
      HEDDLE_NAMESPACE_RATE_LIMIT: "500",
      HEDDLE_AUDIT_ENTRIES: "500",
      HEDDLE_MAX_STREAMS: "50",
      HEDDLE_MAX_STREAMS_PER_CALLER: "5",
      HEDDLE_CORS_ORIGINS: "https://console.example.org, http://localhost:3000",
      HEDDLE_TRUST_PROXY: "10.0.0.0/8, ::1",
    }),
  ).toEqual({
    redisUrl: REDIS_URL,
    namespace: "shop",
    prefix: "h",
    host: "::1",
    port: 0,
    logLevel: "debug",
    preStopMs: 5_000,
    drainMs: 500,
    codecModule: undefined,
    webhooks: undefined,
    eventRules: undefined,
    ingestionQueue: "requests",
    ingestionConcurrency: 5,
    conductor: undefined,
    access: {
      credentials: { adminKey: ADMIN_KEY, tokens: undefined },
      requestsPerSecond: 0,
      namespaceRequestsPerSecond: 500,
      auditEntries: 500,
    },
    limits: {
      deadLetters: 500,
      streams: { total: 50, perCaller: 5 },
    },
    corsOrigins: ["https://console.example.org", "http://localhost:3000"],
    trustProxy: ["10.0.0.0/8", "::1"],
  });
});

test("an empty variable counts as not set", () => {
  expect(readConfiguration({ REDIS_URL, HEDDLE_PORT: "", HEDDLE_NAMESPACE: "" }).port).toBe(8_080);
});

test.each([
  ["REDIS_URL", {}],
  ["REDIS_URL", { REDIS_URL: "" }],
  ["REDIS_URL", { REDIS_URL: "http://127.0.0.1" }],
  ["HEDDLE_PORT", { REDIS_URL, HEDDLE_PORT: "80a" }],
  ["HEDDLE_PORT", { REDIS_URL, HEDDLE_PORT: "65536" }],
  ["HEDDLE_PORT", { REDIS_URL, HEDDLE_PORT: "-1" }],
  ["HEDDLE_NAMESPACE", { REDIS_URL, HEDDLE_NAMESPACE: "a:b" }],
  ["HEDDLE_LOG_LEVEL", { REDIS_URL, HEDDLE_LOG_LEVEL: "loud" }],
  ["HEDDLE_PRESTOP_MS", { REDIS_URL, HEDDLE_PRESTOP_MS: "5s" }],
  ["HEDDLE_DRAIN_MS", { REDIS_URL, HEDDLE_DRAIN_MS: "10s" }],
  ["HEDDLE_DEV", { REDIS_URL, HEDDLE_DEV: "yes" }],
  ["HEDDLE_INGESTION_QUEUE", { REDIS_URL, HEDDLE_INGESTION_QUEUE: "a:b" }],
  ["HEDDLE_INGESTION_CONCURRENCY", { REDIS_URL, HEDDLE_INGESTION_CONCURRENCY: "0" }],
])("a fault of %s is told by its name: %j", (variable, environment) => {
  expect(() => readConfiguration(environment)).toThrow(ConfigurationError);
  expect(() => readConfiguration(environment)).toThrow(new RegExp(`^${variable} `));
});

test("all faults are told at once", () => {
  expect(() => readConfiguration({ HEDDLE_PORT: "x" })).toThrow(/REDIS_URL [^]*HEDDLE_PORT /);
});

test("the password of a refused Redis URL is not shown", () => {
  expect(() => readConfiguration({ REDIS_URL: "https://user:hunter2@host" })).not.toThrow(/hunter2/);
});

const JWKS = {
  REDIS_URL,
  HEDDLE_JWKS_URL: "https://issuer.example.org/jwks",
  HEDDLE_JWT_ISSUER: "https://issuer.example.org",
  HEDDLE_JWT_AUDIENCE: "heddle",
};

describe("who may call", () => {
  test.each(["0.0.0.0", "::", "10.0.0.1", "example.org", "::ffff:10.0.0.1"])(
    "a gateway on %s, which other machines can reach, is never open",
    (host) => {
      expect(() => readConfiguration({ REDIS_URL, HEDDLE_HOST: host, HEDDLE_DEV: "1" })).toThrow(
        /^HEDDLE_DEV .*HEDDLE_HOST is .*HEDDLE_ADMIN_KEY/,
      );
      expect(readConfiguration({ REDIS_URL, HEDDLE_HOST: host }).access.credentials).not.toBe("none");
    },
  );

  test.each(["127.0.0.1", "127.8.9.1", "::1", "localhost"])(
    "on %s it is open in development only",
    (host) => {
      const openTo = (rest: object) =>
        readConfiguration({ REDIS_URL, HEDDLE_HOST: host, ...rest }).access.credentials === "none";
      expect([openTo({}), openTo({ HEDDLE_DEV: "0" }), openTo({ HEDDLE_DEV: "1" })]).toEqual([
        false,
        false,
        true,
      ]);
    },
  );

  test("the admin key may come from a file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "heddle-key-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "key"), `${ADMIN_KEY}\n`);
    const { access } = readConfiguration({ REDIS_URL, HEDDLE_ADMIN_KEY_FILE: join(folder, "key") });
    expect(access.credentials).toMatchObject({ adminKey: ADMIN_KEY });
  });

  test("tokens are taken from an issuer for an audience", () => {
    const { access } = readConfiguration({
      ...JWKS,
      HEDDLE_JWT_AUDIENCE: "heddle, heddle-2",
      HEDDLE_JWT_ALGORITHMS: "ES256,EdDSA",
      HEDDLE_JWT_ROLE_CLAIM: "realm_access.roles",
      HEDDLE_JWT_NAMESPACE_CLAIM: "tenants",
    });
    expect(access.credentials).toEqual({
      adminKey: undefined,
      tokens: {
        keys: { url: JWKS.HEDDLE_JWKS_URL },
        issuer: JWKS.HEDDLE_JWT_ISSUER,
        audience: ["heddle", "heddle-2"],
        algorithms: ["ES256", "EdDSA"],
        roleClaim: "realm_access.roles",
        namespaceClaim: "tenants",
      },
    });
  });

  test.each([
    ["HEDDLE_DEV", { HEDDLE_DEV: "1", HEDDLE_ADMIN_KEY: ADMIN_KEY }],
    ["HEDDLE_DEV", { ...JWKS, HEDDLE_DEV: "1" }],
    ["HEDDLE_ADMIN_KEY", { HEDDLE_ADMIN_KEY: "hunter2" }],
    ["HEDDLE_ADMIN_KEY", { HEDDLE_ADMIN_KEY: `${ADMIN_KEY} hunter2` }],
    ["HEDDLE_JWKS_URL", { ...JWKS, HEDDLE_JWKS_URL: "http://issuer.example.org/jwks" }],
    ["HEDDLE_JWKS_URL", { ...JWKS, HEDDLE_JWKS_URL: "https://a:hunter2@issuer.example.org/jwks" }],
    ["HEDDLE_JWKS_URL", { ...JWKS, HEDDLE_JWKS_URL: "file:///etc/jwks" }],
    ["HEDDLE_JWKS_FILE", { ...JWKS, HEDDLE_JWKS_FILE: "jwks.json" }],
    ["HEDDLE_JWT_ISSUER", { ...JWKS, HEDDLE_JWT_ISSUER: "" }],
    ["HEDDLE_JWT_AUDIENCE", { ...JWKS, HEDDLE_JWT_AUDIENCE: " , " }],
    ["HEDDLE_JWT_ALGORITHMS", { ...JWKS, HEDDLE_JWT_ALGORITHMS: "HS256" }],
    ["HEDDLE_JWT_ALGORITHMS", { ...JWKS, HEDDLE_JWT_ALGORITHMS: "RS256,none" }],
    ["HEDDLE_CORS_ORIGINS", { HEDDLE_CORS_ORIGINS: "*" }],
    ["HEDDLE_CORS_ORIGINS", { HEDDLE_CORS_ORIGINS: "https://a.example.org/" }],
    ["HEDDLE_CORS_ORIGINS", { HEDDLE_CORS_ORIGINS: "null" }],
    ["HEDDLE_RATE_LIMIT", { HEDDLE_RATE_LIMIT: "-1" }],
    ["HEDDLE_NAMESPACE_RATE_LIMIT", { HEDDLE_NAMESPACE_RATE_LIMIT: "2.5" }],
    ["HEDDLE_TRUST_PROXY", { HEDDLE_TRUST_PROXY: "proxy.example.org" }],
  ])("a fault of %s is told by its name, and no secret: %j", (variable, environment) => {
    const reading = () => readConfiguration({ REDIS_URL, ...environment });
    expect(reading).toThrow(ConfigurationError);
    expect(reading).toThrow(new RegExp(`^${variable} (?!.*hunter2)`));
  });
});
