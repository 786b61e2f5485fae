import { expect, test } from "vitest";
import { neverSent } from "./never-sent.js";

const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
const reset = Object.assign(new Error("reset"), { code: "ECONNRESET" });
const fetchFailed = (cause: unknown) => new TypeError("fetch failed", { cause });

test.each<[string, unknown, boolean]>([
  ["a refused connection", fetchFailed(refused), true],
  ["every address refused", fetchFailed(new AggregateError([refused, refused])), true],
  ["one of the addresses reset", fetchFailed(new AggregateError([refused, reset])), false],
  ["a connection that broke", fetchFailed(reset), false],
  ["what a browser tells", new TypeError("Failed to fetch"), false],
  ["no error", undefined, false],
])("%s", (_name, error, expected) => {
  expect(neverSent(error)).toBe(expected);
});
