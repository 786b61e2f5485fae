import { CommanderError } from "commander";
import { expect, test, vi } from "vitest";
import { createProgram } from "../program.js";

// Nobody listens there: a command that is not refused first fails with another error.
const NOWHERE = ["--url", "http://127.0.0.1:1"];

test.each([
  [["terminate"], /give an id, a filter/],
  [["terminate", "--dry-run"], /give an id, a filter/],
  [["terminate", "n-1", "--type", "notes"], /one or the other/],
  [["terminate", "n-1", "--yes"], /one or the other/],
  [["cancel", "--created-from", "yesterday"], /a time with a zone/],
  [["signal"], /name of the signal/],
  [["signal", "note"], /give an id, a filter/],
  [["signal", "note", "--all", "--signal-id", "x"], /--operation-id/],
  [["retry", "--all", "--run-id", "x"], /--run-id goes with an id/],
  [["reset", "n-1"], /--event/],
  [["reset", "n-1", "--event", "last"], /whole number/],
  [["import", "/nowhere/history.json"], /cannot be read/],
])("what is not clearly meant is refused before anything is sent: %j", async (args, message) => {
  const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    const run = createProgram().parseAsync(["workflow", ...args, ...NOWHERE], { from: "user" });
    await expect(run).rejects.toBeInstanceOf(CommanderError);
    expect(told.mock.calls.map(([text]) => String(text)).join("")).toMatch(message);
  } finally {
    told.mockRestore();
  }
});
