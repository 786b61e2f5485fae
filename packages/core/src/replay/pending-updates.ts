import { decodeHistoryRecord, type HistoryEvent } from "@heddle/protocol";
import type { PendingUpdate } from "../store/update-requests.js";

type UpdateEvent = Extract<HistoryEvent, { kind: "update" }>;

/** Updates that the history of a run has and that are not ended, in the order of their admission. */
export function pendingUpdates(records: readonly Uint8Array[]): PendingUpdate[] {
  const pending = new Map<string, PendingUpdate>();
  const note = ({ updateId, name, at }: UpdateEvent, state: PendingUpdate["state"]): void => {
    pending.set(updateId, { updateId, name, state, admittedAtMs: at });
  };
  const held: (UpdateEvent | undefined)[] = [];
  for (const data of records) {
    const record = decodeHistoryRecord(data);
    switch (record.kind) {
      case "update":
        note(record, "accepted");
        break;
      case "held": {
        const event = decodeHistoryRecord(record.event);
        held.push(event.kind === "update" ? event : undefined);
        if (event.kind === "update") note(event, "admitted");
        break;
      }
      case "taken": {
        const event = held.shift();
        if (event !== undefined) note(event, "accepted");
        break;
      }
      case "dropped": {
        const event = held.shift();
        if (event !== undefined) pending.delete(event.updateId);
        break;
      }
      case "update-completed":
      case "update-failed":
        pending.delete(record.updateId);
        break;
      default:
    }
  }
  return [...pending.values()];
}
