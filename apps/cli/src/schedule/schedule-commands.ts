import type { BackfillOptions, ScheduleHandle, TriggerOptions } from "@heddle/client";
import type { Command } from "commander";
import { clientOf, time } from "../options.js";
import { facts, print } from "../output.js";
import {
  type ChangeFlags,
  clearFlag,
  idempotencyFlag,
  overlapFlag,
  scheduleChangesOf,
  type ScheduleFlags,
  scheduleFlags,
  scheduleOptionsOf,
} from "./schedule-flags.js";
import { addScheduleViews } from "./schedule-views.js";

export function addScheduleCommands(program: Command): void {
  const schedule = program.command("schedule").description("start workflows by cron or at intervals");
  addCreate(schedule);
  addScheduleViews(schedule);
  addUpdate(schedule);
  addPause(schedule, "pause", "let later ticks start nothing until it is resumed", "paused");
  addPause(schedule, "resume", "let it tick on from now", "resumed");
  addTrigger(schedule);
  addBackfill(schedule);
  change(schedule, "delete", "start nothing any more; runs that it has started go on").action(
    acted("deleted", (handle, flags: ChangeFlags) => handle.delete(flags)),
  );
}

/** A command about one schedule that changes it. */
function change(schedule: Command, verb: string, description: string): Command {
  return idempotencyFlag(schedule.command(`${verb} <id>`)).description(description);
}

/** Does it, and says so. */
function acted<Flags>(done: string, act: (handle: ScheduleHandle, flags: Flags) => Promise<void>) {
  return async (id: string, flags: Flags, command: Command) => {
    await act(clientOf(command).schedules.get(id), flags);
    print(command, { json: { id }, text: `${id}: ${done}` });
  };
}

function addCreate(schedule: Command): void {
  scheduleFlags(change(schedule, "create", "start a workflow by cron or at an interval"))
    .option("--paused", "create it without ticking until it is resumed")
    .option("--note <text>", "for people: why it is as it is")
    .addHelpText(
      "after",
      `
Examples:
  heddle schedule create nightly --cron "30 2 * * *" --time-zone Europe/Berlin --workflow-type report --input '"sales"'
  heddle schedule create poll --every 5m --overlap skip --workflow-type poll`,
    )
    .action(
      async (
        id: string,
        flags: ScheduleFlags & ChangeFlags & { paused?: true; note?: string },
        command: Command,
      ) => {
        const { paused, note, idempotencyKey } = flags;
        const options = { ...scheduleOptionsOf(id, flags), paused, note };
        await clientOf(command).schedules.create(options, { idempotencyKey });
        print(command, { json: { id }, text: `${id}: created` });
      },
    );
}

function addUpdate(schedule: Command): void {
  clearFlag(scheduleFlags(change(schedule, "update", "change what is given and leave the rest")))
    .addHelpText(
      "after",
      `
What it starts is changed as a whole: give --workflow-type with all of its input and options.

Examples:
  heddle schedule update nightly --cron "30 3 * * *"
  heddle schedule update poll --overlap buffer-one --clear end-at`,
    )
    .action(
      acted("updated", (handle, flags: ScheduleFlags & ChangeFlags) =>
        handle.update(scheduleChangesOf(flags), { idempotencyKey: flags.idempotencyKey }),
      ),
    );
}

function addPause(schedule: Command, verb: "pause" | "resume", description: string, done: string): void {
  change(schedule, verb, description)
    .option("--note <text>", "for people: why")
    .action(
      acted(done, (handle, { note, idempotencyKey }: ChangeFlags & { note?: string }) =>
        handle[verb](note, { idempotencyKey }),
      ),
    );
}

function addTrigger(schedule: Command): void {
  overlapFlag(change(schedule, "trigger", "start its workflow now, also while it is paused"))
    .addHelpText("after", "\nExample:\n  heddle schedule trigger nightly --overlap allow-all")
    .action(async (id: string, flags: TriggerOptions, command: Command) => {
      const { workflowId } = await clientOf(command).schedules.get(id).trigger(flags);
      const text = facts([
        ["id", id],
        ["workflow", workflowId],
      ]);
      print(command, { json: { id, workflowId }, text });
    });
}

function addBackfill(schedule: Command): void {
  overlapFlag(change(schedule, "backfill", "start its workflow for each tick of a range that has passed"))
    .requiredOption("--from <time>", "ticks from here", time)
    .requiredOption("--to <time>", "to here, both included", time)
    .addHelpText(
      "after",
      "\nExample:\n  heddle schedule backfill nightly --from 2026-03-01T00:00:00Z --to 2026-03-31T23:59:59Z --overlap buffer-all",
    )
    .action(acted("backfill accepted", (handle, flags: BackfillOptions) => handle.backfill(flags)));
}
