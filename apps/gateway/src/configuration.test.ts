import { ConfigurationError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { readConfiguration } from "./configuration.js";

const REDIS_URL = "redis://127.0.0.1:6379";

test("only the Redis URL is needed", () => {
  expect(readConfiguration({ REDIS_URL })).toEqual({
    redisUrl: REDIS_URL,
    namespace: "default",
    prefix: undefined,
    host: "127.0.0.1",
    port: 8_080,
    logLevel: "info",
    drainMs: 10_000,
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
      HEDDLE_DRAIN_MS: "500",
    }),
  ).toEqual({
    redisUrl: REDIS_URL,
    namespace: "shop",
    prefix: "h",
    host: "::1",
    port: 0,
    logLevel: "debug",
    drainMs: 500,
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
  ["HEDDLE_DRAIN_MS", { REDIS_URL, HEDDLE_DRAIN_MS: "10s" }],
  ["HEDDLE_ALLOW_UNAUTHENTICATED", { REDIS_URL, HEDDLE_ALLOW_UNAUTHENTICATED: "yes" }],
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

test.each(["0.0.0.0", "::", "10.0.0.1", "example.org", "::ffff:10.0.0.1"])(
  "%s, which other machines can reach, is refused without authentication",
  (host) => {
    expect(() => readConfiguration({ REDIS_URL, HEDDLE_HOST: host })).toThrow(
      /^HEDDLE_HOST .*no authentication yet.*HEDDLE_ALLOW_UNAUTHENTICATED=1/,
    );
    const allowed = readConfiguration({ REDIS_URL, HEDDLE_HOST: host, HEDDLE_ALLOW_UNAUTHENTICATED: "1" });
    expect(allowed.host).toBe(host);
  },
);

test.each(["127.0.0.1", "127.8.9.1", "::1", "localhost"])("%s needs no permission", (host) => {
  expect(readConfiguration({ REDIS_URL, HEDDLE_HOST: host }).host).toBe(host);
});
