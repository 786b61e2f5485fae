import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as errors from "./errors.js";
import { ERROR_CATALOGUE, HeddleError, type ErrorCode } from "./errors.js";

const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];

type Subclass = new (message: string, options?: { details?: object; cause?: unknown }) => HeddleError;
const subclasses = Object.entries(errors as Record<string, unknown>).flatMap(([name, value]) =>
  isSubclass(value) ? [[name, value] as const] : [],
);

test.each(codes)("%s is named as its class and has a sensible HTTP status", (code) => {
  const { name, httpStatus, retryable, outcome } = ERROR_CATALOGUE[code];
  const words = code.split("_").map((word) => word.charAt(0) + word.slice(1).toLowerCase());
  expect(name).toBe(`${words.join("")}Error`);
  expect(httpStatus).toBeGreaterThanOrEqual(400);
  expect(httpStatus).toBeLessThan(600);
  // A caller that may not know whether it was applied must be told to repeat it.
  if (outcome === "unknown") expect(retryable).toBe(true);
});

test("no two codes share a class name", () => {
  expect(new Set(codes.map((code) => ERROR_CATALOGUE[code].name)).size).toBe(codes.length);
});

test.each(subclasses)("%s carries the code of the catalogue entry of its name", (name, Class) => {
  const cause = new Error("why");
  const error = new Class("what happened", { details: { workflowId: "order-1" }, cause });
  const entry = ERROR_CATALOGUE[error.code];
  expect(entry.name).toBe(name);
  expect(error).toBeInstanceOf(HeddleError);
  expect(error).toMatchObject({
    name,
    message: "what happened",
    details: { workflowId: "order-1" },
    cause,
    httpStatus: entry.httpStatus,
    retryable: entry.retryable,
    outcome: entry.outcome,
  });
});

test("every subclass is exported by the package", () => {
  const index = readFileSync(new URL("index.ts", import.meta.url), "utf8");
  expect(subclasses.map(([name]) => name).filter((name) => !index.includes(`  ${name},\n`))).toEqual([]);
});

test("an error without details and cause has empty details and no cause", () => {
  const error = new HeddleError("INTERNAL", "x");
  expect(error.details).toEqual({});
  expect("cause" in error).toBe(false);
});

test("docs/errors.md and the catalogue say the same, in both directions", () => {
  const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const documented = page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")))
    .map(([, code, name, httpStatus, retryable, outcome, meaning, remedy]) => {
      expect(meaning).not.toBe("");
      expect(remedy).not.toBe("");
      return { code, name, httpStatus: Number(httpStatus), retryable: retryable === "yes", outcome };
    });
  expect(documented).toEqual(codes.map((code) => ({ code, ...ERROR_CATALOGUE[code] })));
});

function isSubclass(value: unknown): value is Subclass {
  return typeof value === "function" && value.prototype instanceof HeddleError;
}
