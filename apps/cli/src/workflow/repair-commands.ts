import { readFileSync } from "node:fs";
import type { ForkOptions, ResetOptions, WorkflowHandle } from "@heddle/client";
import { type Command, InvalidArgumentError as BadOption, Option } from "commander";
import { clientOf, wholeNumber } from "../options.js";
import { facts, print } from "../output.js";
import { assertOneOrMany, type BulkFlags, bulkFlags, runBulk } from "./bulk.js";

interface RepairFlags {
  readonly reason?: string;
  readonly runId?: string;
  readonly withVersion?: string;
}
interface CutFlags extends RepairFlags, Pick<ResetOptions, "event" | "reapply"> {}

/** Reset, retry and fork, and histories as files. */
export function addRepairCommands(workflow: Command): void {
  cutFlags(bulkFlags(workflow.command("reset [id]")))
    .description("let a run go on as a new one from just behind an event of its history")
    .addHelpText(
      "after",
      `
Examples:
  heddle workflow show order-7                    # event numbers
  heddle workflow reset order-7 --event 4 --reason "wrong note" --reapply none
  heddle workflow reset --type order --status running --event 0 --dry-run`,
    )
    .action(async (id: string | undefined, flags: CutFlags & BulkFlags, command: Command) => {
      assertOneOrMany(command, id, flags);
      const { bulk, getHandle } = calls(command);
      if (id === undefined) {
        const { runId: _, ...options } = cutOf(flags);
        await runBulk(command, flags, (filter, more) => bulk.reset(filter, { ...options, ...more }));
      } else {
        printRun(command, await getHandle(id).reset(cutOf(flags)));
      }
    });

  repairFlags(bulkFlags(workflow.command("retry [id]")))
    .description("let a failed run go on from the activities or steps whose failure ended it")
    .addHelpText(
      "after",
      `
Examples:
  heddle workflow retry order-7 --reason "the bank is back"
  heddle workflow retry --type order --created-from 2026-11-22T08:00:00Z --yes`,
    )
    .action(async (id: string | undefined, flags: RepairFlags & BulkFlags, command: Command) => {
      assertOneOrMany(command, id, flags);
      const { bulk, getHandle } = calls(command);
      if (id === undefined) {
        const { runId: _, ...options } = repairOf(flags);
        await runBulk(command, flags, (filter, more) => bulk.retry(filter, { ...options, ...more }));
      } else {
        printRun(command, await getHandle(id).retry(repairOf(flags)));
      }
    });

  cutFlags(workflow.command("fork <id>"))
    .description("make a new workflow of a history up to an event; the original stays")
    .option("--new-id <id>", "of the new workflow; without it one is made")
    .addHelpText("after", "\nExample:\n  heddle workflow fork order-7 --event 4 --new-id order-7-what-if")
    .action(async (id: string, flags: CutFlags & { newId?: string }, command: Command) => {
      const options: ForkOptions = { ...cutOf(flags), id: flags.newId };
      printRun(command, await calls(command).getHandle(id).fork(options));
    });

  workflow
    .command("export <id>")
    .description("write the current run with its history to standard output, every payload kept")
    .addHelpText("after", "\nExample:\n  heddle workflow export order-7 > order-7.json")
    .action(async (id: string, _flags: object, command: Command) => {
      process.stdout.write(await calls(command).getHandle(id).exportHistory());
    });

  workflow
    .command("import")
    .argument("<file>", "what export wrote; - is standard input", contentsOf)
    .description("take in what export wrote, here or elsewhere")
    .option("--id <id>", "of the workflow that is made; without it that of the export")
    .addHelpText("after", "\nExample:\n  heddle workflow import order-7.json --id order-7-copy")
    .action(async (exported: Uint8Array, flags: { id?: string }, command: Command) => {
      printRun(command, await clientOf(command).importHistory(exported, flags));
    });
}

function calls(command: Command) {
  const client = clientOf(command);
  return { bulk: client.bulk, getHandle: (id: string) => client.getHandle(id) };
}

function repairFlags(command: Command): Command {
  return command
    .option("--reason <text>", "kept in the history")
    .option("--run-id <id>", "the run that is meant; refused when another is the current one")
    .option("--with-version <version>", "version of the code that goes on; without it that of the run");
}

function cutFlags(command: Command): Command {
  return repairFlags(command)
    .requiredOption("--event <number>", "index in the history, as show prints it", wholeNumber)
    .addOption(
      new Option("--reapply <what>", "what was seen after the event and is accepted again").choices([
        "signals",
        "none",
      ]),
    );
}

function repairOf({ reason, runId, withVersion }: RepairFlags) {
  return { reason, runId, version: withVersion };
}

function cutOf(flags: CutFlags) {
  return { ...repairOf(flags), event: flags.event, reapply: flags.reapply };
}

function printRun(command: Command, { id, runId }: WorkflowHandle): void {
  print(command, {
    json: { id, runId },
    text: facts([
      ["id", id],
      ["run", runId],
    ]),
  });
}

function contentsOf(file: string): Uint8Array {
  try {
    return readFileSync(file === "-" ? 0 : file);
  } catch (error) {
    throw new BadOption(`It cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
