import {
  assertScheduleId,
  durationMs,
  type Duration,
  InvalidArgumentError,
  InvalidScheduleError,
  OVERLAP_POLICIES,
  type OverlapPolicy,
  type ScheduleSpec,
} from "@heddle/protocol";
import { MIN_CATCH_UP_WINDOW_MS, MIN_INTERVAL_MS } from "../schedule/limits.js";
import { ticksOf } from "../schedule/ticks.js";
import { assertKnownOptions } from "./naming.js";
import { assertOneOf, type StartOptions } from "./start-options.js";

/** Options of `start` for the runs of a schedule, but those that say which run or when. */
export type ScheduledStartOptions = Omit<
  StartOptions,
  "id" | "idempotencyKey" | "idConflict" | "idReuse" | "startAfter" | "startAt"
>;

export interface ScheduledWorkflow extends ScheduledStartOptions {
  readonly type: string;
  readonly input?: unknown;
}

interface Timing {
  /**
   * Five fields (minute, hour, day, month, weekday), six that begin with seconds, or a name such as `@daily`; several
   * tick when any of them does.
   */
  readonly cron?: string | readonly string[] | undefined;
  /** Every so often since the epoch, at least a second; `offset` moves it. May stand beside `cron`. */
  readonly interval?: { readonly every: Duration; readonly offset?: Duration | undefined } | undefined;
  /** IANA name for `cron`, such as `Europe/Berlin`. Default `UTC`. */
  readonly timezone?: string | undefined;
  /** Spreads starts: each is later by a part of this that its tick and the schedule's id decide. Default 0. */
  readonly jitter?: Duration | undefined;
  /** No tick before. Default: from its creation. */
  readonly startAt?: Date | number | undefined;
  /** No tick after. */
  readonly endAt?: Date | number | undefined;
}

interface Policies {
  /** What happens to a tick while a run of the schedule is open. Default `skip`. */
  readonly overlap?: OverlapPolicy | undefined;
  /** How late a tick may still be started, say after an outage; at least 10 s. Default: 365 days. */
  readonly catchUpWindow?: Duration | undefined;
}

export interface ScheduleOptions extends Timing, Policies {
  /** 1 to 200 UTF-8 bytes. Its runs are named `<id>-<time of the tick>`. */
  readonly id: string;
  readonly workflow: ScheduledWorkflow;
  /** So many ticks are started, then no more. Triggers and backfills do not count. */
  readonly remainingRuns?: number | undefined;
  /** Created without ticking until `resume`. */
  readonly paused?: boolean | undefined;
  /** For people: why it is as it is. */
  readonly note?: string | undefined;
}

/** What is left out stays as it is; `null` takes it away. */
export interface ScheduleChanges extends Omit<Timing, "interval" | "startAt" | "endAt">, Policies {
  readonly workflow?: ScheduledWorkflow | undefined;
  readonly interval?: Timing["interval"] | null;
  readonly startAt?: Timing["startAt"] | null;
  readonly endAt?: Timing["endAt"] | null;
  readonly remainingRuns?: number | null | undefined;
}

export interface BackfillOptions {
  /** Ticks from here to `to`, both included; `to` must have passed. */
  readonly from: Date | number;
  readonly to: Date | number;
  /** Default: that of the schedule. */
  readonly overlap?: OverlapPolicy | undefined;
}

const DEFAULT_CATCH_UP_WINDOW_MS = 365 * 24 * 3_600_000;
const MAX_NOTE_CHARACTERS = 1_000;
/** Each is asked at every tick. */
const MAX_CRON_EXPRESSIONS = 100;

const SPEC_OPTIONS = [
  ...["workflow", "cron", "interval", "timezone", "jitter", "startAt", "endAt"],
  ...["overlap", "catchUpWindow", "remainingRuns"],
];

type Start = ScheduleSpec["start"];

/** Throws `InvalidScheduleError`, which names the field and the remedy, and `InvalidArgumentError` for the id. */
export function specOf(options: ScheduleOptions, start: Start): ScheduleSpec {
  assertScheduleId(options.id);
  return asScheduleError(options.id, () => {
    assertKnownOptions(options, ["id", "paused", "note", ...SPEC_OPTIONS], "a schedule");
    assertNote(options.note);
    assertRemainingRuns(options.remainingRuns);
    if (options.paused !== undefined && typeof options.paused !== "boolean") {
      throw invalid("paused", options.paused, "it must be true or false");
    }
    const defaults: ScheduleSpec = {
      ...{ start, cron: [], timezone: "UTC", jitterMs: 0 },
      ...{ catchUpWindowMs: DEFAULT_CATCH_UP_WINDOW_MS, overlap: "skip" },
    };
    return checked(options.id, { ...defaults, ...changesOf(options) });
  });
}

/** The specification with what the changes name; `start` belongs to a change of the workflow. */
export function changedSpec(
  scheduleId: string,
  spec: ScheduleSpec,
  change: { readonly changes: ScheduleChanges; readonly start: Start | undefined },
): ScheduleSpec {
  return asScheduleError(scheduleId, () => {
    const { changes, start = spec.start } = change;
    assertKnownOptions(changes, SPEC_OPTIONS, "an update of a schedule");
    assertRemainingRuns(changes.remainingRuns ?? undefined);
    const changed: ScheduleSpec = { ...spec, start, ...changesOf(changes) };
    if (changes.interval === null) delete changed.interval;
    if (changes.startAt === null) delete changed.startAtMs;
    if (changes.endAt === null) delete changed.endAtMs;
    return checked(scheduleId, changed);
  });
}

/** In epoch ms; throws `InvalidScheduleError` for what is no range of the past. */
export function backfillRange(scheduleId: string, options: BackfillOptions, nowMs: number) {
  return asScheduleError(scheduleId, () => {
    assertKnownOptions(options, ["from", "to", "overlap"], "a backfill");
    const [fromMs, toMs] = [timeMs("from", options.from), timeMs("to", options.to)];
    if (fromMs > toMs) throw invalid("from", options.from, `it must not be after to (${String(options.to)})`);
    if (toMs > nowMs) throw invalid("to", options.to, "it must have passed: later ticks come by themselves");
    return { fromMs, toMs, ...overlapOf(scheduleId, options) };
  });
}

export function overlapOf(
  scheduleId: string,
  { overlap }: { readonly overlap?: OverlapPolicy | undefined },
): { overlap?: OverlapPolicy } {
  asScheduleError(scheduleId, () => assertOneOf("overlap", overlap, OVERLAP_POLICIES));
  return overlap === undefined ? {} : { overlap };
}

/** What a schedule decides about its runs, their options cannot. */
export function assertScheduledWorkflow(workflow: ScheduledWorkflow): void {
  if (typeof workflow !== "object" || workflow === null) {
    throw invalid("workflow", workflow, "give { type, input } and options of start");
  }
  const refused = ["id", "idempotencyKey", "idConflict", "idReuse", "startAfter", "startAt"];
  const field = Object.keys(workflow).find((name) => refused.includes(name));
  if (field !== undefined)
    throw invalid(`workflow.${field}`, "given", "the schedule decides it; leave it out");
}

export function assertNote(note: unknown): void {
  if (note === undefined || (typeof note === "string" && note.length <= MAX_NOTE_CHARACTERS)) return;
  throw invalid("note", note, `it must be a text of at most ${MAX_NOTE_CHARACTERS} characters`);
}

function changesOf(options: Omit<ScheduleChanges, "workflow">): Partial<ScheduleSpec> {
  const { cron, interval, timezone, jitter, startAt, endAt, overlap, catchUpWindow } = options;
  assertOneOf("overlap", overlap, OVERLAP_POLICIES);
  return {
    ...(cron === undefined ? {} : { cron: cronList(cron) }),
    ...(interval === undefined || interval === null ? {} : { interval: intervalMs(interval) }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(jitter === undefined ? {} : { jitterMs: durationMs(jitter, "jitter") }),
    ...(startAt === undefined || startAt === null ? {} : { startAtMs: timeMs("startAt", startAt) }),
    ...(endAt === undefined || endAt === null ? {} : { endAtMs: timeMs("endAt", endAt) }),
    ...(overlap === undefined ? {} : { overlap }),
    ...(catchUpWindow === undefined ? {} : { catchUpWindowMs: catchUpWindowMs(catchUpWindow) }),
  };
}

/** The fields as they belong together. */
function checked(scheduleId: string, spec: ScheduleSpec): ScheduleSpec {
  if (spec.cron.length === 0 && spec.interval === undefined) {
    throw new InvalidArgumentError("it has neither cron nor interval; give at least one", {
      details: { field: "cron" },
    });
  }
  const { startAtMs, endAtMs } = spec;
  if (startAtMs !== undefined && endAtMs !== undefined && startAtMs > endAtMs) {
    throw invalid("endAt", new Date(endAtMs), "it must not be before startAt");
  }
  ticksOf(scheduleId, spec);
  return spec;
}

function cronList(cron: string | readonly string[]): string[] {
  const list: readonly unknown[] = typeof cron === "string" ? [cron] : cron;
  if (list.length > MAX_CRON_EXPRESSIONS) {
    throw invalid("cron", `${list.length} expressions`, `give at most ${MAX_CRON_EXPRESSIONS}`);
  }
  return list.map((expression) => {
    if (typeof expression !== "string")
      throw invalid("cron", expression, "it must be a text or a list of texts");
    return expression;
  });
}

function intervalMs(interval: NonNullable<Timing["interval"]>) {
  const everyMs = durationMs(interval.every, "interval.every");
  if (everyMs < MIN_INTERVAL_MS) {
    throw invalid("interval.every", interval.every, "it must be at least a second");
  }
  const offsetMs = durationMs(interval.offset ?? 0, "interval.offset");
  if (offsetMs >= everyMs) throw invalid("interval.offset", interval.offset, "it must be less than every");
  return { everyMs, offsetMs };
}

function catchUpWindowMs(window: Duration): number {
  const ms = durationMs(window, "catchUpWindow");
  if (ms >= MIN_CATCH_UP_WINDOW_MS) return ms;
  throw invalid("catchUpWindow", window, "it must be at least 10 s, or a takeover would lose ticks");
}

function timeMs(field: string, time: unknown): number {
  const ms = time instanceof Date ? time.getTime() : time;
  if (typeof ms === "number" && Number.isFinite(ms)) return Math.floor(ms);
  throw invalid(field, time, "give a Date or epoch milliseconds");
}

function assertRemainingRuns(remainingRuns: unknown): void {
  if (remainingRuns === undefined || (Number.isInteger(remainingRuns) && Number(remainingRuns) >= 0)) return;
  throw invalid("remainingRuns", remainingRuns, "it must be a whole number from 0 on");
}

function invalid(field: string, value: unknown, remedy: string): InvalidArgumentError {
  return new InvalidArgumentError(`${field} is ${String(value).slice(0, 80)}; ${remedy}`, {
    details: { field },
  });
}

/** Tells which schedule it is about; what is refused is one error, whoever found it. */
export function asScheduleError<Result>(scheduleId: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidScheduleError(`schedule "${scheduleId}" is not valid: ${error.message}`, {
      details: { ...error.details, scheduleId },
    });
  }
}
