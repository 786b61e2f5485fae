import type { InboxEntry } from "@heddle/core";
import { decodePayload, failureSchema, isCodecOutput, type HistoryEvent } from "@heddle/protocol";

/** The history event that an inbox entry stands for; `undefined` for a notice, which is none. */
export function eventOf(entry: InboxEntry): HistoryEvent | undefined {
  const at = entry.atMs;
  switch (entry.kind) {
    case "notice":
      return undefined;
    case "started":
      return {
        kind: "started",
        at,
        input: entry.data,
        ...(entry.extra === "" ? {} : { replaces: entry.extra }),
        ...(entry.reference === "" ? {} : { idempotencyKey: entry.reference }),
      };
    case "start-delayed": {
      const colon = entry.extra.indexOf(":");
      const event = eventOf({ ...entry, kind: "started", extra: entry.extra.slice(colon + 1) });
      // For its code the run starts then, not when it was accepted.
      return event === undefined ? event : { ...event, at: Number(entry.extra.slice(0, colon)) };
    }
    case "signal":
      return {
        kind: "signal",
        at,
        name: entry.name,
        payload: entry.data,
        ...(entry.reference === "" ? {} : { signalId: entry.reference }),
      };
    case "update":
      return { kind: "update", at, name: entry.name, updateId: entry.reference, input: entry.data };
    case "activity-completed":
      return {
        kind: "activity-completed",
        at,
        seq: Number(entry.reference),
        attempt: Number(entry.extra),
        result: entry.data,
      };
    case "activity-failed":
      return {
        kind: "activity-failed",
        at,
        seq: Number(entry.reference),
        attempt: Number(entry.extra),
        failure: failureSchema.parse(decodePayload(entry.data)),
      };
    case "timer-fired":
      return { kind: "timer-fired", at, seq: Number(entry.reference) };
    case "cancel-requested": {
      const reason = Buffer.from(entry.data).toString("utf8");
      return { kind: "cancel-requested", at, ...(reason === "" ? {} : { reason }) };
    }
  }
}

/** Why the code cannot be given this entry: its payload is encoded, and this process has not the codec for it. */
export function unreadableReason(entry: InboxEntry): string | undefined {
  if (entry.unreadable !== undefined || !isCodecOutput(entry.data)) return entry.unreadable;
  return "its payloads are encoded, and this coordinator was given no payload codec; give it that of the namespace";
}
