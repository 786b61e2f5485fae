import type { StartOptions } from "@heddle/client";
import { type Command, Option } from "commander";
import { jsonValue } from "../json-value.js";
import { clientOf, duration, endsAfter } from "../options.js";
import { facts, print, shownValue } from "../output.js";
import { type SearchFlags, searchFlags, searchOptionsOf } from "../search-flags.js";

interface StartFlags
  extends SearchFlags, Pick<StartOptions, "id" | "idempotencyKey" | "idConflict" | "idReuse"> {
  readonly input?: unknown;
  readonly executionTimeout?: number;
  readonly runTimeout?: number;
  readonly startAfter?: number;
}

export function addStartCommands(workflow: Command): void {
  startFlags(workflow.command("start <type>"))
    .description("start a workflow; answers when it is accepted")
    .addHelpText(
      "after",
      `
Examples:
  heddle workflow start order --id order-7 --input '{"lines":2}'
  heddle workflow start order --idempotency-key webhook-17 --input @order.json
  heddle workflow start order --attribute customer=ada --attribute total=5 --tag vip`,
    )
    .action(async (type: string, flags: StartFlags, command: Command) => {
      const { input, ...options } = searchOptionsOf(flags);
      const { id, runId } = await clientOf(command).start(type, input, options);
      print(command, {
        json: { id, runId },
        text: facts([
          ["id", id],
          ["run", runId],
        ]),
      });
    });

  startFlags(workflow.command("execute <type>"))
    .description("start a workflow and print its result")
    .option("--timeout <duration>", "how long to wait; the workflow goes on", duration)
    .addHelpText("after", "\nExample:\n  heddle workflow execute order --input '{\"lines\":2}' --timeout 1m")
    .action(async (type: string, flags: StartFlags & { timeout?: number }, command: Command) => {
      const { input, timeout, ...options } = searchOptionsOf(flags);
      const result = await clientOf(command).execute(type, input, { ...options, ...endsAfter(timeout) });
      print(command, { json: result, text: shownValue(result) });
    });

  searchFlags(workflow.command("start-or-signal <type>"))
    .description("start a workflow with a signal, or signal the open one, in one step")
    .requiredOption("--signal <name>", "name of the signal")
    .option("--payload <json>", "payload of the signal", jsonValue)
    .option("--signal-id <id>", "names this delivery; the same one is delivered once")
    .option("--id <id>", "workflow id")
    .option("--idempotency-key <key>", "names the workflow and the delivery; excludes --id and --signal-id")
    .option("--input <json>", "input when it is started; @file reads a file, - standard input", jsonValue)
    .addOption(
      new Option("--on-terminal-conflict <what>", "when it is closed").choices(["reject", "start-new"]),
    )
    .addHelpText(
      "after",
      `
Example:
  heddle workflow start-or-signal cart --id cart-of-ada --signal add-item --payload '{"sku":"A1"}' --signal-id click-1`,
    )
    .action(async (type: string, flags: StartOrSignalFlags, command: Command) => {
      const { signal: name, payload, signalId, input, ...options } = searchOptionsOf(flags);
      const signal = { name, payload, ...(signalId === undefined ? {} : { signalId }) };
      const { id, runId, outcome } = await clientOf(command).startOrSignal(type, input, signal, options);
      const text = facts([
        ["id", id],
        ["run", runId],
        ["outcome", outcome],
      ]);
      print(command, { json: { id, runId, outcome }, text });
    });
}

interface StartOrSignalFlags extends SearchFlags {
  readonly signal: string;
  readonly payload?: unknown;
  readonly signalId?: string;
  readonly id?: string;
  readonly idempotencyKey?: string;
  readonly input?: unknown;
  readonly onTerminalConflict?: "reject" | "start-new";
}

function startFlags(command: Command): Command {
  return searchFlags(command)
    .option("--input <json>", "input; @file reads a file, - standard input", jsonValue)
    .option("--id <id>", "workflow id; without it one is made")
    .option("--idempotency-key <key>", "the same key always means the same workflow; excludes --id")
    .addOption(
      new Option("--id-conflict <what>", "when an open run has the id").choices([
        "fail",
        "use-existing",
        "terminate-existing",
      ]),
    )
    .addOption(
      new Option("--id-reuse <what>", "when a closed run has the id").choices([
        "allow",
        "allow-failed-only",
        "reject",
      ]),
    )
    .option("--execution-timeout <duration>", 'for example "1h30m"', duration)
    .option("--run-timeout <duration>", "the same for one run", duration)
    .option("--start-after <duration>", "accept it now, run it then", duration);
}
