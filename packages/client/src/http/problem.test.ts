import {
  InboxFullError,
  OutcomeUnknownError,
  UnavailableError,
  UnexpectedReplyError,
  WorkflowFailedError,
} from "@heddle/protocol";
import { expect, test } from "vitest";
import { errorOfReply } from "./problem.js";

const problem = (code: string, details: object = {}) => ({ code, detail: "why", details, requestId: "r" });

test("a problem is the error that was thrown, with its details and the request id", () => {
  const error = errorOfReply({ status: 429, body: problem("INBOX_FULL", { workflowId: "w" }) });
  expect(error).toBeInstanceOf(InboxFullError);
  expect(error).toMatchObject({
    message: "why",
    retryable: true,
    details: { workflowId: "w", requestId: "r" },
  });
});

test("the workflow's own error is the cause, and no detail", () => {
  const cause = {
    name: "RangeError",
    message: "no",
    details: { left: 1 },
    cause: { name: "Error", message: "x" },
  };
  const error = errorOfReply({ status: 422, body: problem("WORKFLOW_FAILED", { cause, workflowId: "w" }) });
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect(error.details).toEqual({ workflowId: "w", requestId: "r" });
  expect(error.cause).toMatchObject(cause);
  expect(error.cause).toBeInstanceOf(Error);
});

test.each([
  [403, undefined, UnexpectedReplyError],
  [302, { some: "json" }, UnexpectedReplyError],
  [400, problem("NEWER_THAN_THIS"), UnexpectedReplyError],
  [429, undefined, UnavailableError],
  [502, undefined, OutcomeUnknownError],
  [503, problem("NEWER_THAN_THIS"), OutcomeUnknownError],
])("%i with %j, which is no problem of this Heddle, is what a caller may act on", (status, body, Class) => {
  const error = errorOfReply({ status, body });
  expect(error).toBeInstanceOf(Class);
  expect(error.details["status"]).toBe(status);
});
