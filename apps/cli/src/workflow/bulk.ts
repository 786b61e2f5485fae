import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import type { BulkOptions, BulkSummary, RunFilterOptions } from "@heddle/client";
import type { Command } from "commander";
import { EXIT } from "../exit-codes.js";
import { wholeNumber } from "../options.js";
import { facts, print, table } from "../output.js";
import { type FilterFlags, filterFlags, filterOf } from "./filter-flags.js";
import { progressOf } from "./progress.js";

export interface BulkFlags extends FilterFlags {
  readonly all?: true;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly limit?: number;
  readonly concurrency?: number;
  readonly operationId?: string;
}

/** Lets a command work on all workflows that a filter finds, when it is given no id. */
export function bulkFlags(command: Command): Command {
  return filterFlags(command)
    .option("--all", "all workflows that it applies to")
    .option("--dry-run", "only tell how many, and the newest of them")
    .option("--yes", "do not ask")
    .option("--limit <number>", "at most so many, the newest", wholeNumber)
    .option("--concurrency <number>", "how many at once, 1 to 100", wholeNumber)
    .option("--operation-id <id>", "goes on with an operation that was interrupted; nothing is done twice");
}

/** Refuses an id together with a filter, and neither of them: what is meant must be said. */
export function assertOneOrMany(
  command: Command,
  id: string | undefined,
  flags: BulkFlags & { readonly runId?: string },
): void {
  const { dryRun, yes, limit, concurrency, operationId, all } = flags;
  const isFiltered = all === true || Object.values(filterOf(flags)).some((field) => field !== undefined);
  const isMany =
    isFiltered || [dryRun, yes, limit, concurrency, operationId].some((flag) => flag !== undefined);
  if (id !== undefined && isMany) {
    command.error("error: an id is given together with options of work on many; give one or the other");
  }
  if (id === undefined && !isFiltered) {
    command.error("error: give an id, a filter such as --type or --status, or --all");
  }
  if (id === undefined && flags.runId !== undefined) {
    command.error("error: --run-id goes with an id");
  }
}

/** Tells what would be touched, asks unless `--yes` is given, does it, and shows how far it is on a terminal. */
export async function runBulk(
  command: Command,
  flags: BulkFlags,
  act: (filter: RunFilterOptions, options: BulkOptions) => Promise<BulkSummary>,
): Promise<void> {
  const { limit, concurrency, operationId = randomUUID() } = flags;
  const filter = filterOf(flags);
  if (flags.dryRun !== true && flags.yes !== true && !process.stdin.isTTY) {
    command.error(
      "error: nobody is there to be asked; give --yes, or --dry-run to see what would be touched",
    );
  }
  const dryRun = await act(filter, { limit, dryRun: true, operationId });
  if (flags.dryRun === true || dryRun.matched === 0) {
    print(command, { json: dryRun, text: foreseen(dryRun) });
    return;
  }
  if (flags.yes !== true && !(await isAgreed(`${foreseen(dryRun)}\n${command.name()} them? [y/N] `))) {
    command.error("error: not agreed to, so nothing was done");
  }
  const progress = progressOf(process.stderr, dryRun.matched);
  try {
    const summary = await act(filter, { limit, concurrency, operationId, onOutcome: progress.step });
    progress.end();
    print(command, { json: plainSummary(summary), text: told(summary) });
    if (summary.failed > 0) process.exitCode = EXIT.reported;
  } catch (error) {
    progress.end();
    process.stderr.write(`heddle: interrupted; go on with --operation-id ${operationId}\n`);
    throw error;
  }
}

async function isAgreed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

function foreseen({ matched, sample }: BulkSummary): string {
  if (matched === 0) return "no workflows match";
  const found = matched === 1 ? "1 workflow matches" : `${matched} workflows match`;
  const rows = sample.map(({ id, type, status }) => [id, type, status]);
  const more = matched > sample.length ? `\nand ${matched - sample.length} more` : "";
  return `${found}\n\n${table(["ID", "TYPE", "STATUS"], rows)}${more}`;
}

function told(summary: BulkSummary): string {
  const { operationId, matched, done, skipped, failed } = summary;
  const counts = facts([
    ["operation", operationId],
    ["matched", matched],
    ["done", done],
    ["skipped", skipped],
    ["failed", failed],
  ]);
  if (failed === 0) return counts;
  const rows = summary.failures.map(({ id, error }) => [id, messageOf(error)]);
  return `${counts}\n\n${table(["FAILED", "WHY"], rows)}`;
}

/** Errors as JSON shows them. */
function plainSummary({ failures, ...summary }: BulkSummary): object {
  return {
    ...summary,
    failures: failures.map(({ error, ...run }) => ({ ...run, error: messageOf(error) })),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
