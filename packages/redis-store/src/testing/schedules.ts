import type { Lease, NewSchedule, StoredSchedule } from "@heddle/core";
import { encodePayload, type ScheduleSpec } from "@heddle/protocol";
import { freshId } from "./runs.js";
import type { TestStore } from "./test-store.js";

export function scheduleSpec(change: Partial<ScheduleSpec> = {}): ScheduleSpec {
  return {
    start: { type: "order", input: encodePayload({ amount: 12 }) },
    cron: [],
    timezone: "UTC",
    interval: { everyMs: 3_600_000, offsetMs: 0 },
    jitterMs: 0,
    catchUpWindowMs: 60_000,
    overlap: "skip",
    ...change,
  };
}

export async function createdSchedule(
  { store }: TestStore,
  change: Partial<NewSchedule> = {},
): Promise<NewSchedule> {
  const schedule: NewSchedule = {
    ...{ scheduleId: freshId("nightly"), incarnation: freshId("incarnation") },
    ...{ spec: scheduleSpec(), paused: false },
    ...change,
  };
  const reply = await store.createSchedule(schedule);
  if (reply.outcome !== "created") throw new Error("the schedule exists");
  return schedule;
}

/** As its owner takes it. */
export async function takenSchedule(
  { store }: TestStore,
  lease: Lease,
  { scheduleId, incarnation }: NewSchedule,
): Promise<StoredSchedule> {
  const taken = await store.takeSchedule(lease, { scheduleId, incarnation, lookAgainMs: 5_000 });
  if (taken === undefined || "outcome" in taken) throw new Error("the schedule cannot be taken");
  return taken;
}
