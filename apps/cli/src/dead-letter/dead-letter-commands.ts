import type { ErrorCode } from "@heddle/protocol";
import type { Command } from "commander";
import { clientOf, wholeNumber } from "../options.js";
import { facts, print, shownTime, table } from "../output.js";

interface ListFlags {
  readonly limit?: number;
  readonly cursor?: string;
}

interface RedriveFlags {
  readonly all?: boolean;
  readonly code?: ErrorCode;
  readonly name?: string;
}

/** Jobs of the ingestion queue that the gateway refused. */
export function addDeadLetterCommands(program: Command): void {
  const letters = program.command("dead-letter").description("jobs of the ingestion queue that were refused");

  letters
    .command("list")
    .description("newest first")
    .option("--limit <n>", "items of a page, 1 to 500", wholeNumber)
    .option("--cursor <cursor>", "continue behind a page")
    .action(async (flags: ListFlags, command: Command) => {
      const page = await clientOf(command).deadLetters.list(flags);
      const rows = page.items.map(({ id, name, jobId, code, refusedAt }) => [
        ...[id, name, jobId, code, shownTime(refusedAt) ?? ""],
      ]);
      const more = page.cursor === undefined ? "" : `; --cursor ${page.cursor} for more`;
      const text = `${table(["ID", "NAME", "JOB", "CODE", "REFUSED"], rows)}\n${rows.length} of ${page.total}${more}`;
      print(command, { json: page, text });
    });

  letters
    .command("show <id>")
    .description("one of them, with why it was refused and its data")
    .action(async (id: string, _flags: object, command: Command) => {
      const letter = await clientOf(command).deadLetters.describe(id);
      const text = facts([
        ["id", letter.id],
        ["name", letter.name],
        ["job", letter.jobId],
        ["refused", shownTime(letter.refusedAt)],
        ["code", letter.code],
        ["reason", letter.message],
        ["data", letter.data],
      ]);
      print(command, { json: letter, text });
    });

  letters
    .command("redrive [id]")
    .description("accept the job of one after all, or of all that match; what is refused again stays")
    .option("--all", "all of them")
    .option("--code <code>", "all that were refused with this error code")
    .option("--name <name>", "all jobs of this name: signal, start or start-or-signal")
    .addHelpText("after", "\nExample:\n  heddle dead-letter redrive --code WORKFLOW_NOT_FOUND")
    .action(async (id: string | undefined, flags: RedriveFlags, command: Command) => {
      const { all, ...filter } = flags;
      const isMany = all === true || Object.keys(filter).length > 0;
      if (isMany === (id !== undefined)) {
        command.error("error: name one dead letter, or give --all, --code or --name");
      }
      const { deadLetters } = clientOf(command);
      if (id === undefined) {
        const { redriven, refused } = await deadLetters.redriveAll(filter);
        print(command, {
          json: { redriven, refused },
          text: `${redriven} redriven, ${refused} refused again`,
        });
        return;
      }
      const { result, run } = await deadLetters.redrive(id);
      const text = run === undefined ? `${id}: ${ABSENT}` : `${id}: ${run.outcome} ${run.workflowId}`;
      print(command, { json: { id, result, run }, text });
    });

  letters
    .command("delete <id>")
    .description("forget it")
    .action(async (id: string, _flags: object, command: Command) => {
      const result = await clientOf(command).deadLetters.delete(id);
      print(command, { json: { id, result }, text: `${id}: ${result === "deleted" ? "deleted" : ABSENT}` });
    });
}

const ABSENT = "there is none; it was redriven or deleted before";
