import { nextActivityStep, type Lease, type OutboxEntry, type OwnerStore, type TimerRef } from "@heddle/core";
import { groupBy } from "./group-by.js";

const BATCH = 200;

export type DueResult =
  { readonly outcome: "lease-lost" } | { readonly outcome: "ok"; readonly tickets: readonly OutboxEntry[] };

interface TimerSource {
  readonly ticketCheckMs: number;
  random(): number;
  newToken(): string;
}

/** Acts on one batch of due timers: user timers become events, activities move on, closed runs are purged. */
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
  ]);
  if (replies.some((reply) => reply?.outcome === "lease-lost")) return { outcome: "lease-lost" };
  const tickets = await advanceDue(store, lease, {
    timers: byKind.get("activity") ?? [],
    nowMs: page.nowMs,
    source,
  });
  if ("outcome" in tickets) return tickets;
  return { outcome: "ok", tickets };
}

async function advanceDue(
  store: OwnerStore,
  lease: Lease,
  due: { timers: readonly TimerRef[]; nowMs: number; source: TimerSource },
) {
  const { timers, nowMs, source } = due;
  if (timers.length === 0) return [];
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
  return store.advanceActivities(lease, steps);
}

async function whenAny<T, R>(items: readonly T[] | undefined, act: (items: readonly T[]) => Promise<R>) {
  return items === undefined ? undefined : act(items);
}
