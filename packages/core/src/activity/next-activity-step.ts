import type { Failure } from "@heddle/protocol";
import type { ActivityStep, StoredActivity } from "../store/owner-store.js";
import { retryDelayMs } from "./retry-policy.js";

/** The wait before an unclaimed ticket is put again begins at `ticketCheckMs` and doubles up to this. */
const MAX_TICKET_CHECK_MS = 10 * 60_000;

/**
 * What the owner does about a pending activity whose look-up time has come. Times by the Redis clock in epoch ms.
 *
 * An attempt ends by the first limit that has passed: schedule-to-close and schedule-to-start are final,
 * start-to-close, heartbeat and the loss of its worker are tried again by the retry policy. An attempt that its worker
 * has handed over has no liveness, so only its timeouts limit it.
 */
export function nextActivityStep(
  activity: StoredActivity,
  options: { nowMs: number; random: number; newToken: string; ticketCheckMs: number },
): ActivityStep {
  const { nowMs } = options;
  const { ticket, policy } = activity;
  const closeByMs = after(activity.scheduledAtMs, policy.scheduleToCloseMs);
  if (nowMs >= closeByMs) {
    return { step: "time-out", ticket, failure: failure("schedule-to-close", policy.scheduleToCloseMs) };
  }
  switch (activity.state) {
    case "backing-off": {
      const retryAtMs = activity.retryAtMs ?? nowMs;
      if (nowMs < retryAtMs) return { step: "look-again", ticket, dueMs: Math.min(retryAtMs, closeByMs) };
      const dueMs = Math.min(
        nowMs + untilTicketCheckMs(activity, options.ticketCheckMs),
        after(nowMs, policy.scheduleToStartMs),
        closeByMs,
      );
      return { step: "dispatch", ticket, queue: activity.queue, token: options.newToken, dueMs };
    }
    case "scheduled": {
      const startByMs = after(activity.dispatchedAtMs, policy.scheduleToStartMs);
      if (nowMs >= startByMs) {
        return { step: "time-out", ticket, failure: failure("schedule-to-start", policy.scheduleToStartMs) };
      }
      // The ticket may be waiting, or lost with its queue: putting it again is right in both cases.
      const dueMs = Math.min(
        nowMs + untilTicketCheckMs(activity, options.ticketCheckMs) * 2,
        startByMs,
        closeByMs,
      );
      return { step: "put-ticket-again", ticket, queue: activity.queue, dueMs };
    }
    case "started":
      return stepOfStarted(activity, { ...options, closeByMs });
  }
}

function stepOfStarted(
  activity: StoredActivity,
  options: { nowMs: number; random: number; closeByMs: number },
): ActivityStep {
  const { nowMs, random, closeByMs } = options;
  const { ticket, policy } = activity;
  const claimedAtMs = activity.claimedAtMs ?? activity.dispatchedAtMs;
  const limits = [
    {
      atMs: after(claimedAtMs, policy.startToCloseMs),
      failure: failure("start-to-close", policy.startToCloseMs),
    },
    {
      atMs: after(Math.max(claimedAtMs, activity.heartbeatAtMs ?? 0), policy.heartbeatMs),
      failure: failure("heartbeat", policy.heartbeatMs),
    },
    {
      atMs: after(activity.aliveAtMs ?? claimedAtMs, activity.livenessMs),
      failure: workerLost(activity.livenessMs),
    },
  ];
  const passed = limits.find((limit) => nowMs >= limit.atMs);
  if (passed === undefined) {
    const dueMs = Math.min(closeByMs, ...limits.map((limit) => limit.atMs));
    return Number.isFinite(dueMs) ? { step: "look-again", ticket, dueMs } : { step: "stop-looking", ticket };
  }
  const delayMs = retryDelayMs({ policy, attempt: ticket.attempt, failure: passed.failure, random });
  return {
    step: "time-out",
    ticket,
    failure: passed.failure,
    ...(delayMs === undefined ? {} : { retryDelayMs: delayMs }),
    ...(passed.failure.name === WORKER_LOST ? { workerLost: true as const } : {}),
  };
}

function untilTicketCheckMs(activity: StoredActivity, firstMs: number): number {
  return Math.min(firstMs * 2 ** activity.ticketChecks, MAX_TICKET_CHECK_MS);
}

function after(startMs: number, limitMs: number | undefined): number {
  return limitMs === undefined ? Number.POSITIVE_INFINITY : startMs + limitMs;
}

function failure(limit: string, ms: number | undefined): Failure {
  return {
    name: "ActivityTimedOutError",
    message: `its ${limit} timeout of ${ms ?? 0} ms passed`,
    details: { timeout: limit },
  };
}

const WORKER_LOST = "WorkerLostError";

function workerLost(livenessMs: number | undefined): Failure {
  return {
    name: WORKER_LOST,
    message: `its worker gave no sign of life for ${livenessMs ?? 0} ms; it may have been killed or be cut off`,
  };
}
