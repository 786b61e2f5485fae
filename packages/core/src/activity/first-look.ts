import type { ActivityPolicy } from "@heddle/protocol";
import { TICKET_CHECK_MS } from "./next-activity-step.js";

/** When the owner first looks at a newly scheduled activity, ms from its commit. */
export function firstLookMs(policy: ActivityPolicy): number {
  return Math.min(
    TICKET_CHECK_MS,
    policy.scheduleToStartMs ?? Number.POSITIVE_INFINITY,
    policy.scheduleToCloseMs ?? Number.POSITIVE_INFINITY,
  );
}
