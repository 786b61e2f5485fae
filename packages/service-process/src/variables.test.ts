import { ConfigurationError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { z } from "zod";
import { commonConfiguration, commonVariables } from "./common-configuration.js";
import { readEnvironment, type Environment } from "./read-environment.js";
import { commaSeparated, flag, healthPort, wholeNumber } from "./variables.js";

const schema = z.object({
  ...commonVariables,
  PORT: healthPort(),
  COUNT: wholeNumber({ least: 2, most: 9, fallback: undefined }),
  SWITCH: flag(),
});
const REDIS_URL = "redis://127.0.0.1:6379";
const read = (environment: Environment) => readEnvironment(schema, environment);

test("only the Redis URL is needed, and a variable set to nothing counts as not set", () => {
  const variables = read({ REDIS_URL, HEDDLE_NAMESPACE: "", PORT: "", SWITCH: undefined });
  expect(commonConfiguration(variables)).toEqual({
    redisUrl: REDIS_URL,
    namespace: "default",
    prefix: undefined,
    logLevel: "info",
  });
  expect([variables.PORT, variables.COUNT, variables.SWITCH]).toEqual([undefined, undefined, false]);
});

test("variables of other programs are nobody's business", () => {
  expect(() => read({ REDIS_URL, PATH: "/bin", HEDDLE_OTHER: "x" })).not.toThrow();
});

test.each([
  ["REDIS_URL", { REDIS_URL: "" }],
  ["REDIS_URL", { REDIS_URL: "http://127.0.0.1" }],
  ["HEDDLE_NAMESPACE", { HEDDLE_NAMESPACE: "a:b" }],
  ["HEDDLE_PREFIX", { HEDDLE_PREFIX: "{a}" }],
  ["HEDDLE_LOG_LEVEL", { HEDDLE_LOG_LEVEL: "loud" }],
  ["COUNT", { COUNT: "1" }],
  ["COUNT", { COUNT: "10" }],
  ["COUNT", { COUNT: "2.5" }],
  ["COUNT", { COUNT: "-3" }],
  ["COUNT", { COUNT: "99999999999999999999" }],
  ["SWITCH", { SWITCH: "yes" }],
])("a fault of %s is told by its name: %j", (variable, environment) => {
  const reading = () => read({ REDIS_URL, ...environment });
  expect(reading).toThrow(ConfigurationError);
  expect(reading).toThrow(new RegExp(`^${variable} `));
});

test("all faults are told at once, one a line", () => {
  expect(() => read({ COUNT: "x", SWITCH: "y" })).toThrow(/^REDIS_URL .*\nCOUNT .*\nSWITCH .*$/);
});

test("the password of a refused Redis URL is not shown", () => {
  expect(() => read({ REDIS_URL: "https://user:hunter2@host" })).toThrow(/^REDIS_URL (?!.*hunter2)/);
});

test("blanks, empty parts and repetitions of a list do not count", () => {
  expect(commaSeparated(" ./a.js , pkg,, ./a.js")).toEqual(["./a.js", "pkg"]);
  expect(commaSeparated(" , ")).toEqual([]);
});
