import {
  nextActivityStep,
  type Lease,
  type OutboxEntry,
  type OwnerStore,
  type ScheduleRef,
  type TimerRef,
} from "@heddle/core";
import { groupBy } from "./group-by.js";

const BATCH = 200;

export type DueResult =
  | { readonly outcome: "lease-lost" }
  /** `mayOweMore`: a ticket may be in the outbox that is not among these. */
  | { readonly outcome: "ok"; readonly tickets: readonly OutboxEntry[]; readonly mayOweMore: boolean };

interface TimerSource {
  readonly ticketCheckMs: number;
  random(): number;
  newToken(): string;
  /** Takes the schedules that are due; what they start is not waited for. */
  takeSchedules(schedules: readonly ScheduleRef[]): Promise<void>;
}

/**
 * Acts on one batch of due timers: user timers become events, activities move on, delayed runs begin, runs past their
 * deadline are closed, closed runs are purged, schedules start what they have to.
 */
export async function handleDueTimers(
  store: OwnerStore,
  lease: Lease,
  source: TimerSource,
): Promise<DueResult> {
  const page = await store.dueTimers(lease, BATCH);
  if (page.outcome === "lease-lost") return page;
  const byKind = groupBy(page.due, (timer) => timer.kind);
  const replies = await Promise.all([
    whenAny(byKind.get("timer"), (timers) => store.fireTimers(lease, timers)),
    whenAny(byKind.get("purge"), (timers) => store.purge(lease, timers)),
    whenAny(byKind.get("start"), (timers) => store.beginDelayedRuns(lease, timers)),
    whenAny(byKind.get("deadline"), (timers) => store.timeOutRuns(lease, timers)),
    whenAny(byKind.get("schedule"), (timers) => source.takeSchedules(timers.map(scheduleOf))),
  ]);
  if (replies.some((reply) => reply?.outcome === "lease-lost")) return { outcome: "lease-lost" };
  return advanceDue(store, lease, { timers: byKind.get("activity") ?? [], nowMs: page.nowMs, source });
}

function scheduleOf({ workflowId: scheduleId, runId: incarnation }: TimerRef): ScheduleRef {
  return { scheduleId, incarnation };
}

async function advanceDue(
  store: OwnerStore,
  lease: Lease,
  due: { timers: readonly TimerRef[]; nowMs: number; source: TimerSource },
): Promise<DueResult> {
  const { timers, nowMs, source } = due;
  if (timers.length === 0) return { outcome: "ok", tickets: [], mayOweMore: false };
  const activities = await store.readActivities(lease, timers);
  const steps = timers.map((timer, index) => {
    const activity = activities[index];
    return activity === undefined
      ? { step: "drop" as const, ticket: { ...timer, attempt: 0, token: "" } }
      : nextActivityStep(activity, {
          nowMs,
          random: source.random(),
          newToken: source.newToken(),
          ticketCheckMs: source.ticketCheckMs,
        });
  });
  const tickets = await store.advanceActivities(lease, steps);
  if ("outcome" in tickets) return tickets;
  // A step that was skipped moved on meanwhile, or was sent again after its first reply was lost: its ticket is then
  // known to the outbox alone.
  const expected = steps.filter(({ step }) => step === "dispatch" || step === "put-ticket-again").length;
  return { outcome: "ok", tickets, mayOweMore: tickets.length < expected };
}

async function whenAny<T, R>(items: readonly T[] | undefined, act: (items: readonly T[]) => Promise<R>) {
  return items === undefined ? undefined : act(items);
}
