#!/usr/bin/env node
import { inspect } from "node:util";
import { HeddleError } from "@heddle/protocol";
import tab from "@bomb.sh/tab/commander";
import { CommanderError } from "commander";
import { exitCodeOf } from "./exit-codes.js";
import { createProgram } from "./program.js";

const program = createProgram();
tab(program);
// `heddle workflow watch | head -1`: who reads has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has told its own errors already.
  if (!(error instanceof CommanderError)) process.stderr.write(`${told(error)}\n`);
}

/** In words when somebody can act on it, with a stack otherwise. */
function told(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") return "heddle: the time has passed";
  if (!(error instanceof HeddleError)) return inspect(error);
  const cause =
    error.outcome === "reported" && error.cause instanceof Error ? `\n  ${error.cause.message}` : "";
  const ids = Object.entries(error.details).filter(([, value]) => value !== undefined);
  const details = error.outcome === "unknown" ? `\n  ${JSON.stringify(Object.fromEntries(ids))}` : "";
  return `heddle: ${error.message} (${error.code})${cause}${details}`;
}
