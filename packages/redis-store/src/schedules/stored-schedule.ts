import type { AcceptedScheduleRequest, ScheduleRef, StoredSchedule } from "@heddle/core";
import {
  CorruptRecordError,
  scheduleProgressCodec,
  scheduleRequestCodec,
  scheduleSpecCodec,
} from "@heddle/protocol";
import type { ScriptReply } from "../script.js";

/** A `schedule` reply: nowMs, fields, requests. Throws `CorruptRecordError` for what Heddle did not write. */
export function parseStoredSchedule(reply: ScriptReply): (scheduleId: string) => StoredSchedule {
  if (reply.tag !== "schedule") throw reply.unexpected();
  const items = reply.at(2).items;
  const fields = new Map<string, ScriptReply | undefined>();
  for (let index = 0; index < items.length; index += 2)
    fields.set(items[index]?.text ?? "", items[index + 1]);
  return (scheduleId) => {
    const field = (name: string): ScriptReply => {
      const value = fields.get(name);
      if (value !== undefined) return value;
      throw new CorruptRecordError(`schedule "${scheduleId}" has no ${name}`, { details: { scheduleId } });
    };
    const createdAtMs = field("createdAtMs").number;
    const progress = scheduleProgressCodec.decode(field("progress").bytes);
    const requests = reply.at(3).items.map((item) => parseRequest(item.bytes));
    return {
      scheduleId,
      incarnation: field("incarnation").text,
      createdAtMs,
      updatedAtMs: field("updatedAtMs").number,
      revision: field("revision").number,
      specVersion: field("specVersion").number,
      spec: scheduleSpecCodec.decode(field("spec").bytes),
      // Only Redis knows when it was created, and ticks begin there.
      progress: { ...progress, decidedUntilMs: Math.max(progress.decidedUntilMs, createdAtMs) },
      requests,
      // Requests of one millisecond are told apart by times that run ahead of the clock.
      nowMs: Math.max(reply.at(1).number, requests.at(-1)?.atMs ?? 0),
    };
  };
}

const COLON = 0x3a;

/** `<atMs>:<request>` */
function parseRequest(stored: Uint8Array): AcceptedScheduleRequest {
  const end = stored.indexOf(COLON);
  const atMs = Number(Buffer.from(stored.subarray(0, end)).toString("latin1"));
  return { ...scheduleRequestCodec.decode(stored.subarray(end + 1)), atMs };
}

/** Member of the set of schedules under way; `delete-schedule.lua` writes the same. */
export function underWayMember({ scheduleId, incarnation }: ScheduleRef): string {
  return `${incarnation}:${scheduleId}`;
}

export function parseUnderWayMember(member: string): ScheduleRef {
  const end = member.indexOf(":");
  return { incarnation: member.slice(0, end), scheduleId: member.slice(end + 1) };
}
