import type { StoredActivity } from "@heddle/core";
import { CorruptRecordError } from "@heddle/protocol";
import { decodeActivityPolicy } from "./activity-policy-codec.js";

export const ACTIVITY_FIELDS = [
  "state",
  "name",
  "queue",
  "policy",
  "token",
  "attempt",
  "scheduledAtMs",
  "dispatchedAtMs",
  "claimedAtMs",
  "aliveAtMs",
  "livenessMs",
  "heartbeatAtMs",
  "retryAtMs",
  "ticketChecks",
  "failure",
] as const;

const STATES = ["scheduled", "started", "backing-off"] as const;

/** Reads the values of `ACTIVITY_FIELDS`; `undefined` when there is no such activity. */
export function parseStoredActivity(
  identity: { workflowId: string; runId: string; seq: number },
  values: readonly (Uint8Array | null)[],
): StoredActivity | undefined {
  const raw = new Map(ACTIVITY_FIELDS.map((name, index) => [name, values[index] ?? undefined]));
  const text = (name: (typeof ACTIVITY_FIELDS)[number]): string | undefined => {
    const value = raw.get(name);
    return value === undefined ? undefined : Buffer.from(value).toString("utf8");
  };
  const number = (name: (typeof ACTIVITY_FIELDS)[number]): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : Number(value);
  };
  const stateText = text("state");
  if (stateText === undefined) return undefined;
  const state = STATES.find((known) => known === stateText);
  const [name, queue, policy, attempt] = [text("name"), text("queue"), text("policy"), number("attempt")];
  const [scheduledAtMs, dispatchedAtMs] = [number("scheduledAtMs"), number("dispatchedAtMs")];
  if (
    state === undefined ||
    name === undefined ||
    queue === undefined ||
    policy === undefined ||
    attempt === undefined ||
    scheduledAtMs === undefined ||
    dispatchedAtMs === undefined
  ) {
    throw new CorruptRecordError(
      `activity ${identity.seq} of workflow "${identity.workflowId}" is incomplete`,
      {
        details: { workflowId: identity.workflowId, runId: identity.runId },
      },
    );
  }
  return {
    ticket: { ...identity, attempt, token: text("token") ?? "" },
    state,
    name,
    queue,
    policy: decodeActivityPolicy(policy),
    scheduledAtMs,
    dispatchedAtMs,
    claimedAtMs: number("claimedAtMs"),
    aliveAtMs: number("aliveAtMs"),
    livenessMs: number("livenessMs"),
    heartbeatAtMs: number("heartbeatAtMs"),
    retryAtMs: number("retryAtMs"),
    ticketChecks: number("ticketChecks") ?? 0,
    lastFailure: raw.get("failure"),
  };
}
