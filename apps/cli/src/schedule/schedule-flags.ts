import type { ScheduleChanges, ScheduledWorkflow, ScheduleOptions } from "@heddle/client";
import { ConfigurationError, OVERLAP_POLICIES, type OverlapPolicy } from "@heddle/protocol";
import { type Command, Option } from "commander";
import { jsonValue } from "../json-value.js";
import { duration, each, time, wholeNumber } from "../options.js";
import { type SearchFlags, searchFlags } from "../search-flags.js";

/** What `timingFlags` and `workflowFlags` give, for a create as for an update. */
export interface ScheduleFlags extends WorkflowFlags {
  readonly cron?: readonly string[];
  readonly every?: number;
  readonly offset?: number;
  readonly timeZone?: string;
  readonly jitter?: number;
  readonly startAt?: Date;
  readonly endAt?: Date;
  readonly overlap?: OverlapPolicy;
  readonly catchUpWindow?: number;
  readonly remainingRuns?: number;
}

interface WorkflowFlags extends SearchFlags {
  readonly workflowType?: string;
  readonly input?: unknown;
  readonly executionTimeout?: number;
  readonly runTimeout?: number;
}

/** Of a command that changes a schedule. */
export interface ChangeFlags {
  readonly idempotencyKey?: string;
}

const CLEARABLE = ["cron", "interval", "start-at", "end-at", "remaining-runs"] as const;
type Clearable = (typeof CLEARABLE)[number];

export function scheduleFlags(command: Command): Command {
  return searchFlags(
    overlapFlag(command)
      .option("--workflow-type <type>", "what it starts")
      .option("--input <json>", "input of each run; @file reads a file, - standard input", jsonValue)
      .option("--cron <expression>", '"minute hour day month weekday"; repeated for several', each)
      .option("--every <duration>", "at an interval, such as 30m", duration)
      .option("--offset <duration>", "moves the interval", duration)
      .option("--time-zone <name>", "IANA name in which cron is read, such as Europe/Berlin")
      .option("--jitter <duration>", "start each tick later by a part of this", duration)
      .option("--start-at <time>", "no tick before", time)
      .option("--end-at <time>", "no tick after", time)
      .option("--catch-up-window <duration>", "how late a tick may be started, say after an outage", duration)
      .option("--remaining-runs <number>", "so many ticks are started, then no more", wholeNumber)
      .option("--execution-timeout <duration>", "of each workflow that it starts", duration)
      .option("--run-timeout <duration>", "the same for one run", duration),
  );
}

export function overlapFlag(command: Command): Command {
  return command.addOption(
    new Option("--overlap <policy>", "what happens to a start while a run is open").choices(OVERLAP_POLICIES),
  );
}

export function clearFlag(command: Command): Command {
  const option = new Option("--clear <field>", "take it away; repeated for several").choices(CLEARABLE);
  const checked = option.parseArg;
  // `choices` replaces the parser, which is what collects.
  option.argParser((text: string, before: readonly string[] | undefined) => {
    checked?.(text, undefined);
    return each(text, before);
  });
  return command.addOption(option);
}

export function idempotencyFlag(command: Command): Command {
  return command.option("--idempotency-key <key>", "the same one is done once and answered alike, for a day");
}

/** Throws `ConfigurationError` without a workflow type. */
export function scheduleOptionsOf(id: string, flags: ScheduleFlags): ScheduleOptions {
  const workflow = workflowOf(flags);
  if (workflow === undefined) throw new ConfigurationError("schedule create needs --workflow-type");
  const { remainingRuns } = flags;
  return { id, workflow, ...timingOf(flags), remainingRuns };
}

export function scheduleChangesOf(
  flags: ScheduleFlags & { readonly clear?: readonly Clearable[] },
): ScheduleChanges {
  const { remainingRuns, clear = [] } = flags;
  const given: Readonly<Record<Clearable, unknown>> = {
    ...{ cron: flags.cron, interval: flags.every, "start-at": flags.startAt, "end-at": flags.endAt },
    "remaining-runs": remainingRuns,
  };
  const both = clear.find((field) => given[field] !== undefined);
  if (both !== undefined)
    throw new ConfigurationError(`${both} is given and cleared at once; do one of them`);
  const cleared = {
    ...(clear.includes("cron") ? { cron: [] } : {}),
    ...(clear.includes("interval") ? { interval: null } : {}),
    ...(clear.includes("start-at") ? { startAt: null } : {}),
    ...(clear.includes("end-at") ? { endAt: null } : {}),
    ...(clear.includes("remaining-runs") ? { remainingRuns: null } : {}),
  };
  return { workflow: workflowOf(flags), ...timingOf(flags), remainingRuns, ...cleared };
}

function timingOf(flags: ScheduleFlags): Omit<ScheduleOptions, "id" | "workflow"> {
  const { cron, every, offset, timeZone: timezone, jitter, startAt, endAt, overlap, catchUpWindow } = flags;
  if (every === undefined && offset !== undefined) throw new ConfigurationError("--offset needs --every");
  const interval = every === undefined ? undefined : { every, offset };
  return { cron, interval, timezone, jitter, startAt, endAt, overlap, catchUpWindow };
}

function workflowOf(flags: ScheduleFlags): ScheduledWorkflow | undefined {
  const { workflowType: type, input, executionTimeout, runTimeout, attribute, tag, memo } = flags;
  const options = { input, executionTimeout, runTimeout, attributes: attribute, tags: tag, memo };
  if (type !== undefined) return { type, ...options };
  if (Object.values(options).every((value) => value === undefined)) return undefined;
  throw new ConfigurationError(
    "--workflow-type is missing: what a schedule starts is changed as a whole, with its input and options",
  );
}
