import type { ActivityPolicy } from "@heddle/protocol";

/**
 * When the owner first looks at a newly scheduled activity, ms from its commit. `ticketCheckMs` is its first wait
 * before an unclaimed ticket is put again.
 */
export function firstLookMs(policy: ActivityPolicy, ticketCheckMs: number): number {
  return Math.min(
    ticketCheckMs,
    policy.scheduleToStartMs ?? Number.POSITIVE_INFINITY,
    policy.scheduleToCloseMs ?? Number.POSITIVE_INFINITY,
  );
}
