import { decodePayload } from "@heddle/protocol";
import { withRequests } from "../schedule/schedule-step.js";
import type { ScheduleStore, StoredSchedule } from "../store/schedule-store.js";
import { summaryOf, type ScheduleSummary } from "./schedule-view.js";

/** What a schedule starts and when, as it is once its owner has taken what was asked of it. Times are epoch ms. */
export interface ScheduleSpecification extends ScheduleSummary {
  readonly input: unknown;
  readonly cron: readonly string[];
  readonly timezone: string;
  readonly catchUpWindowMs: number;
  readonly startAtMs: number | undefined;
  readonly endAtMs: number | undefined;
}

export function specificationOf(
  store: Pick<ScheduleStore, "openScheduleInput">,
  stored: StoredSchedule,
): ScheduleSpecification {
  const { spec } = withRequests(stored, stored.requests);
  return {
    ...summaryOf(stored),
    input: decodePayload(store.openScheduleInput(spec.start.input)),
    cron: spec.cron,
    timezone: spec.timezone,
    catchUpWindowMs: spec.catchUpWindowMs,
    startAtMs: spec.startAtMs,
    endAtMs: spec.endAtMs,
  };
}
