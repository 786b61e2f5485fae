import type { ActivityTarget } from "@heddle/client";
import { type Command, Option } from "commander";
import { jsonValue } from "../json-value.js";
import { clientOf } from "../options.js";
import { print } from "../output.js";

interface TargetFlags {
  readonly token?: string;
  readonly workflowId?: string;
  readonly reference?: string;
}

/** For activities that are settled from outside. */
export function addActivityCommands(program: Command): void {
  const activity = program
    .command("activity")
    .description("settle activities that are completed from outside, over HTTP");

  targetFlags(activity.command("complete"))
    .description("complete it; answers when that is accepted")
    .option("--result <json>", "@file reads a file, - standard input", jsonValue)
    .addHelpText(
      "after",
      `
Examples:
  heddle activity complete --workflow-id letter-1 --reference approval --result '{"approved":true}'
  heddle activity complete --token "$TOKEN" --result @receipt.json`,
    )
    .action(async (flags: TargetFlags & { result?: unknown }, command: Command) => {
      await clientOf(command).activities.complete(targetOf(flags, command), flags.result);
      print(command, { json: { completed: true }, text: `${shownTarget(flags)}: completed` });
    });

  targetFlags(activity.command("fail"))
    .description("fail its current attempt")
    .requiredOption("--message <text>", "what went wrong")
    .option("--name <name>", "name of the error; retry policies match on it", "Error")
    .option("--details <json>", "@file reads a file, - standard input", jsonValue)
    .addHelpText(
      "after",
      "\nExample:\n  heddle activity fail --workflow-id letter-1 --reference approval --message 'nobody answered'",
    )
    .action(
      async (flags: TargetFlags & { message: string; name: string; details?: unknown }, command: Command) => {
        const { name, message, details } = flags;
        const { willRetry } = await clientOf(command).activities.fail(targetOf(flags, command), {
          ...{ name, message },
          ...(details === undefined ? {} : { details }),
        });
        const text = `${shownTarget(flags)}: failed, ${willRetry ? "and will be tried again" : "for good"}`;
        print(command, { json: { willRetry }, text });
      },
    );

  targetFlags(activity.command("heartbeat"))
    .description("say that it is being worked on")
    .option("--details <json>", "for the next attempt; @file reads a file, - standard input", jsonValue)
    .action(async (flags: TargetFlags & { details?: unknown }, command: Command) => {
      const { cancelRequested } = await clientOf(command).activities.heartbeat(
        targetOf(flags, command),
        flags.details,
      );
      const state = cancelRequested ? "not open any more; stop working on it" : "open";
      print(command, { json: { cancelRequested }, text: `${shownTarget(flags)}: ${state}` });
    });
}

function targetFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--token <token>", "context.taskToken of the attempt").conflicts([
        "workflowId",
        "reference",
      ]),
    )
    .option("--workflow-id <id>", "with --reference")
    .option("--reference <name>", "what the workflow named the activity");
}

function targetOf({ token, workflowId, reference }: TargetFlags, command: Command): ActivityTarget {
  if (token !== undefined) return token;
  if (workflowId !== undefined && reference !== undefined) return { workflowId, reference };
  return command.error("error: give --token, or --workflow-id and --reference");
}

/** Not the token: whoever has it may settle the activity. */
function shownTarget({ workflowId, reference }: TargetFlags): string {
  return reference === undefined ? "activity" : `${workflowId} ${reference}`;
}
