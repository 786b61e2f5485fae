import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@heddle/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
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

describe("a secret from a file", () => {
  async function secretFile(content: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "heddle-secret-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "secret");
    await writeFile(path, content);
    return path;
  }
  const redisUrlOf = (environment: Environment) => readEnvironment(schema, environment).REDIS_URL;

  test.each([REDIS_URL, `${REDIS_URL}\n`, `${REDIS_URL}\r\n`])(
    "is taken without its line break",
    async (text) => {
      expect(redisUrlOf({ REDIS_URL_FILE: await secretFile(text) })).toBe(REDIS_URL);
    },
  );

  test("is checked like any other, and not shown", async () => {
    const path = await secretFile("http://user:hunter2@host");
    expect(() => redisUrlOf({ REDIS_URL_FILE: path })).toThrow(/^REDIS_URL must begin (?!.*hunter2)/);
  });

  test("that cannot be read, is empty or is given twice is told by its name", async () => {
    expect(() => redisUrlOf({ REDIS_URL_FILE: "/nowhere" })).toThrow(/^REDIS_URL_FILE .*cannot be read/);
    const empty = await secretFile("\n");
    expect(() => redisUrlOf({ REDIS_URL_FILE: empty })).toThrow(/^REDIS_URL_FILE .*is empty/);
    expect(() => redisUrlOf({ REDIS_URL, REDIS_URL_FILE: empty })).toThrow(
      /^REDIS_URL excludes REDIS_URL_FILE/,
    );
  });
});

test("blanks, empty parts and repetitions of a list do not count", () => {
  expect(commaSeparated(" ./a.js , pkg,, ./a.js")).toEqual(["./a.js", "pkg"]);
  expect(commaSeparated(" , ")).toEqual([]);
});
