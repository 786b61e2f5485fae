import type { KeptWork } from "@heddle/core";
import { Packr } from "msgpackr";

// Without records, which the cmsgpack of Redis does not know.
export const packr = new Packr({ useRecords: false });

export function timerList({ timers }: KeptWork): unknown[] {
  return timers.map(({ seq, dueMs }) => [seq, dueMs]);
}

/** `false` stands for what is absent, because nil would end a Lua list. */
export function updateList({ updates }: KeptWork): unknown[] {
  return updates.map(({ updateId, completedAt }) => [updateId, completedAt ?? false]);
}
