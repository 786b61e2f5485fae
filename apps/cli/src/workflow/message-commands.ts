import type { Command } from "commander";
import { jsonValue } from "../json-value.js";
import { clientOf, duration, endsAfter } from "../options.js";
import { facts, print, shownValue } from "../output.js";
import { assertOneOrMany, type BulkFlags, bulkFlags, runBulk } from "./bulk.js";

export function addMessageCommands(workflow: Command): void {
  bulkFlags(workflow.command("signal [id] [name]"))
    .usage("<id> <name> [options], or <name> and options that say which workflows")
    .description("send a signal; answers when it is accepted")
    .option("--payload <json>", "@file reads a file, - standard input", jsonValue)
    .option("--signal-id <id>", "the same one is delivered once")
    .addHelpText(
      "after",
      `
Examples:
  heddle workflow signal order-7 paid --payload '{"cents":400}' --signal-id payment-1
  heddle workflow signal reload --type order --tag eu --yes`,
    )
    .action(signal);

  workflow
    .command("query <id> <name>")
    .description("ask the code of an open workflow, and print its answer")
    .option("--input <json>", "@file reads a file, - standard input", jsonValue)
    .option("--strict", "fail with the reason when there is no answer")
    .addHelpText("after", "\nExample:\n  heddle workflow query order-7 total")
    .action(async (id: string, name: string, flags: { input?: unknown; strict?: true }, command: Command) => {
      const answer = await clientOf(command).query(id, name, flags.input, { strict: flags.strict });
      print(command, { json: answer, text: shownValue(answer) });
    });

  workflow
    .command("update <id> <name>")
    .description("have an open workflow take an update, and print its result")
    .option("--input <json>", "@file reads a file, - standard input", jsonValue)
    .option("--update-id <id>", "the same one is done once and answered alike")
    .option("--timeout <duration>", "how long to wait; the update goes on", duration)
    .addHelpText(
      "after",
      `\nExample:\n  heddle workflow update order-7 pay --input '{"cents":400}' --update-id click-1`,
    )
    .action(
      async (
        id: string,
        name: string,
        flags: { input?: unknown; updateId?: string; timeout?: number },
        command: Command,
      ) => {
        const { input, updateId, timeout } = flags;
        const options = { updateId, ...endsAfter(timeout) };
        const result = await clientOf(command).update(id, name, input, options);
        print(command, { json: result, text: shownValue(result) });
      },
    );
}

interface SignalFlags extends BulkFlags {
  readonly payload?: unknown;
  readonly signalId?: string;
}

/** To one workflow when two names are given, else to all that the options find. */
async function signal(
  first: string | undefined,
  second: string | undefined,
  flags: SignalFlags,
  command: Command,
): Promise<void> {
  const [id, name] = second === undefined ? [undefined, first] : [first, second];
  if (name === undefined) command.error("error: give the name of the signal");
  assertOneOrMany(command, id, flags);
  const { payload, signalId } = flags;
  const client = clientOf(command);
  if (id === undefined) {
    if (signalId !== undefined) command.error("error: --signal-id is for one workflow; give --operation-id");
    return runBulk(command, flags, (filter, options) => client.bulk.signal(filter, name, payload, options));
  }
  const { runId, ...accepted } = await client.signal(id, name, payload, { signalId });
  print(command, {
    json: { id, runId, signalId: accepted.signalId },
    text: facts([
      ["id", id],
      ["run", runId],
      ["signal", accepted.signalId],
    ]),
  });
}
