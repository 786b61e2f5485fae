import type { ScheduleDescription, ScheduleSummary } from "@heddle/client";
import type { Command } from "commander";
import { clientOf, wholeNumber } from "../options.js";
import { facts, print, shownTime, table } from "../output.js";

/** The commands that only look. */
export function addScheduleViews(schedule: Command): void {
  schedule
    .command("list")
    .description("list schedules by id")
    .option("--limit <number>", "items of a page, at most 500", wholeNumber, 50)
    .option("--cursor <cursor>", "continue behind a page")
    .option("--all", "all pages")
    .action(async (flags: { limit: number; cursor?: string; all?: true }, command: Command) => {
      const { all, ...options } = flags;
      const { schedules } = clientOf(command);
      let { items, cursor } = await schedules.list(options);
      while (all === true && cursor !== undefined) {
        const next = await schedules.list({ ...options, cursor });
        items = [...items, ...next.items];
        ({ cursor } = next);
      }
      const more =
        cursor === undefined ? "" : `\nthere are more; go on with --cursor ${JSON.stringify(cursor)}`;
      print(command, { json: { items, cursor }, text: summaries(items) + more });
    });

  schedule
    .command("describe <id>")
    .description("what a schedule starts and when, and what it has started")
    .option("--next-times <number>", "how many of the next ticks to tell", wholeNumber, 10)
    .action(async (id: string, flags: { nextTimes: number }, command: Command) => {
      const description = await clientOf(command).schedules.get(id).describe(flags);
      print(command, { json: description, text: described(description) });
    });
}

function summaries(items: readonly ScheduleSummary[]): string {
  return table(
    ["ID", "WORKFLOW TYPE", "STATE", "NEXT", "NOTE"],
    items.map((each) => [
      ...[each.id, each.workflowType, stateOf(each)],
      ...[shownTime(each.nextTimeMs) ?? "", each.note ?? ""],
    ]),
  );
}

function described(schedule: ScheduleDescription): string {
  const { interval, counts, nextTimesMs, recentRuns } = schedule;
  const { started, skipped, missed, dropped, refused } = counts;
  const about = facts([
    ["id", schedule.id],
    ["workflow type", schedule.workflowType],
    ["state", stateOf(schedule)],
    ["note", schedule.note],
    ["cron", schedule.cron.length === 0 ? undefined : schedule.cron.join(" | ")],
    ["time zone", schedule.cron.length === 0 ? undefined : schedule.timezone],
    ["every", interval && shownDuration(interval.everyMs)],
    ["offset", interval && interval.offsetMs > 0 ? shownDuration(interval.offsetMs) : undefined],
    ["jitter", schedule.jitterMs === 0 ? undefined : shownDuration(schedule.jitterMs)],
    ["overlap", schedule.overlap],
    ["catch-up window", shownDuration(schedule.catchUpWindowMs)],
    ["starts", shownTime(schedule.startAtMs)],
    ["ends", shownTime(schedule.endAtMs)],
    ["remaining runs", schedule.remainingRuns],
    ["created", shownTime(schedule.createdAtMs)],
    ["updated", shownTime(schedule.updatedAtMs)],
    [
      "runs",
      `${started} started, ${skipped} skipped, ${missed} missed, ${dropped} dropped, ${refused} refused`,
    ],
    ["buffered", schedule.buffered],
    ["open", schedule.running.length === 0 ? undefined : schedule.running.join(", ")],
  ]);
  const next = table(
    ["NEXT"],
    nextTimesMs.map((ms) => [new Date(ms).toISOString()]),
  );
  const recent = table(
    ["WORKFLOW", "RUN", "SCHEDULED", "STARTED"],
    recentRuns.map((run) => [
      ...[run.workflowId, run.runId],
      ...[new Date(run.scheduledAtMs).toISOString(), new Date(run.startedAtMs).toISOString()],
    ]),
  );
  return [
    about,
    ...(nextTimesMs.length === 0 ? [] : [next]),
    ...(recentRuns.length === 0 ? [] : [recent]),
  ].join("\n\n");
}

function stateOf({ paused }: { readonly paused: boolean }): string {
  return paused ? "paused" : "active";
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** As the options take it: `1d12h`. */
function shownDuration(ms: number): string {
  let rest = ms;
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? [] : [`${count}${unit}`];
  });
  return parts.join("") || "0s";
}
