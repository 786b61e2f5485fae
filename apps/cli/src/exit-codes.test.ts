import {
  ConfigurationError,
  HeddleError,
  InboxFullError,
  OutcomeUnknownError,
  UnavailableError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from "@heddle/protocol";
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { exitCodeOf } from "./exit-codes.js";

test.each<[number, unknown]>([
  [0, new CommanderError(0, "commander.helpDisplayed", "")],
  [1, new WorkflowNotFoundError("no")],
  [1, new TypeError("a bug")],
  [2, new CommanderError(1, "commander.unknownOption", "no such option")],
  [2, new ConfigurationError("no such module")],
  [3, new OutcomeUnknownError("lost")],
  [3, new HeddleError("INTERNAL", "oops")],
  [4, new WorkflowFailedError("failed")],
  [5, new UnavailableError("away")],
  [5, new InboxFullError("full")],
  [6, new DOMException("late", "TimeoutError")],
])("code %i for %s", (code, error) => {
  expect(exitCodeOf(error)).toBe(code);
});
