import type { Duration, OverlapPolicy } from "@heddle/protocol";
import type { InputField, InputNamed } from "@heddle/workflow";
import type { CallOptions, RunTimeoutOptions } from "./call-options.js";
import type { SearchOptions } from "./search-options.js";

/** Options of `start` for the runs of a schedule, but those that say which run or when. */
export interface ScheduledStartOptions extends RunTimeoutOptions, SearchOptions {}

/** Which workflow a schedule starts, with which input; an input that the workflow declares must be given. */
export type ScheduledWorkflowOf<Workflows, Name extends string> = ScheduledStartOptions & {
  readonly type: Name;
} & InputField<InputNamed<Workflows, Name>>;

export interface ScheduledWorkflow extends ScheduledStartOptions {
  readonly type: string;
  readonly input?: unknown;
}

interface Timing {
  /** Five fields, six that begin with seconds, or a name such as `@daily`; several tick when any of them does. */
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

/** What every change of a schedule takes. */
export interface ScheduleCallOptions extends CallOptions {
  /**
   * 1 to 255 printable ASCII characters. Another call with it, from any process, is answered as the first and does nothing:
   * for a day, or for an hour after the schedule was deleted. Without it that holds for the repetitions of one call.
   */
  readonly idempotencyKey?: string | undefined;
}

export interface TriggerOptions extends ScheduleCallOptions {
  /** Default: that of the schedule. */
  readonly overlap?: OverlapPolicy | undefined;
}

export interface BackfillOptions extends TriggerOptions {
  /** Ticks from here to `to`, both included; `to` must have passed. */
  readonly from: Date | number;
  readonly to: Date | number;
}

export interface DescribeScheduleOptions extends CallOptions {
  /** How many of the next ticks to tell, at most 1,000. Default 10. */
  readonly nextTimes?: number | undefined;
}

export interface ListSchedulesOptions extends CallOptions {
  /** Items of a page, 1 to 500. Default 50. */
  readonly limit?: number | undefined;
  /** Continues behind the page that returned it. */
  readonly cursor?: string | undefined;
}
