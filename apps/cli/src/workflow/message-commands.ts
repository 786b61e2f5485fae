import type { Command } from "commander";
import { jsonValue } from "../json-value.js";
import { clientOf, duration, endsAfter } from "../options.js";
import { facts, print, shownValue } from "../output.js";

export function addMessageCommands(workflow: Command): void {
  workflow
    .command("signal <id> <name>")
    .description("send a signal; answers when it is accepted")
    .option("--payload <json>", "@file reads a file, - standard input", jsonValue)
    .option("--signal-id <id>", "the same one is delivered once")
    .addHelpText(
      "after",
      `\nExample:\n  heddle workflow signal order-7 paid --payload '{"cents":400}' --signal-id payment-1`,
    )
    .action(
      async (id: string, name: string, flags: { payload?: unknown; signalId?: string }, command: Command) => {
        const { payload, signalId } = flags;
        const { runId, ...accepted } = await clientOf(command).signal(id, name, payload, { signalId });
        const json = { id, runId, signalId: accepted.signalId };
        print(command, {
          json,
          text: facts([
            ["id", id],
            ["run", runId],
            ["signal", accepted.signalId],
          ]),
        });
      },
    );

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
