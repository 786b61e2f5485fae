import {
  ERROR_CATALOGUE,
  errorOf,
  HeddleError,
  InboxFullError,
  WorkflowFailedError,
  type ErrorCode,
} from "@heddle/protocol";
import { expect, test } from "vitest";
import { problemOf, problemSchema, unexpectedError } from "./problem.js";

const request = { path: "/api/v1/workflows/w", requestId: "r" };
const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];

test.each(codes)("%s becomes a problem with its status and its retryability", (code) => {
  const problem = problemOf(new HeddleError(code, "what happened"), request);
  expect(problemSchema.parse(problem)).toEqual(problem);
  expect(problem).toMatchObject({
    type: `urn:heddle:error:${code}`,
    code,
    status: ERROR_CATALOGUE[code].httpStatus,
    retryable: ERROR_CATALOGUE[code].retryable,
    detail: "what happened",
    instance: request.path,
    requestId: "r",
  });
  expect(problem.title).not.toBe("");
});

test("details are the ids and limits of the error", () => {
  const error = new InboxFullError("full", { details: { workflowId: "w", limit: 10 } });
  expect(problemOf(error, request).details).toEqual({ workflowId: "w", limit: 10 });
});

test("a failed workflow shows its own error without its stack", () => {
  const cause = errorOf({
    name: "CardDeclined",
    message: "no money",
    stack: "at secret.ts",
    details: { amount: 5n },
    cause: { name: "Error", message: "HTTP 402" },
  });
  const problem = problemOf(
    new WorkflowFailedError("failed", { details: { workflowId: "w" }, cause }),
    request,
  );
  expect(problem.details).toEqual({
    workflowId: "w",
    cause: {
      name: "CardDeclined",
      message: "no money",
      details: { amount: "5" },
      cause: { name: "Error", message: "HTTP 402" },
    },
  });
});

test("the cause of any other error stays inside", () => {
  const cause = new Error("redis://user:password@host");
  expect(problemOf(new HeddleError("UNAVAILABLE", "no Redis", { cause }), request).details).toEqual({});
  expect(JSON.stringify(problemOf(unexpectedError(cause), request))).not.toContain("password");
});
