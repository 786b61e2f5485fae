import { expect, test } from "vitest";
import { ERROR_CATALOGUE, HeddleError, InboxFullError, WorkflowFailedError } from "./errors.js";
import { heddleErrorOf } from "./heddle-error-of.js";

test.each(Object.entries(ERROR_CATALOGUE))("%s is rebuilt with its name", (code, { name }) => {
  const error = heddleErrorOf(code, "why", { details: { workflowId: "w" } });
  expect(error).toBeInstanceOf(HeddleError);
  expect(error).toMatchObject({ code, name, message: "why", details: { workflowId: "w" } });
});

test("it is of the class that callers branch on", () => {
  expect(heddleErrorOf("INBOX_FULL", "full")).toBeInstanceOf(InboxFullError);
  const failed = heddleErrorOf("WORKFLOW_FAILED", "failed", { cause: new Error("why") });
  expect(failed).toBeInstanceOf(WorkflowFailedError);
  expect(failed?.cause).toEqual(new Error("why"));
});

test.each(["", "toString", "NEWER_THAN_THIS"])("a code %j that is not known makes none", (code) => {
  expect(heddleErrorOf(code, "what")).toBeUndefined();
});
