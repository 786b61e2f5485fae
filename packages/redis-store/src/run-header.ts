import type { RunHeader } from "@heddle/core";
import { CorruptRecordError, parseStatus } from "@heddle/protocol";
import type { ScriptReply } from "./script.js";

/** Fields of a header that a description needs, in the order of `HMGET`. */
export const HEADER_FIELDS = [
  "runId",
  "type",
  "version",
  "status",
  "createdAtMs",
  "updatedAtMs",
  "historyLength",
  "accepted",
  "processed",
  "heldReason",
  "startAtMs",
  "executionDeadlineMs",
  "runDeadlineMs",
  "searchable",
] as const;

type HeaderFields = Readonly<Record<string, string | undefined>>;

/** Checks and reads a stored header; throws `CorruptRecordError` when a field is missing or no number. */
export function parseHeader(workflowId: string, fields: HeaderFields): RunHeader {
  const text = (name: string): string => {
    const value = fields[name];
    if (value === undefined) throw corrupt(workflowId, name);
    return value;
  };
  const number = (name: string): number => {
    const value = Number(text(name));
    if (!Number.isFinite(value)) throw corrupt(workflowId, name);
    return value;
  };
  const optionalNumber = (name: string): number | undefined =>
    fields[name] === undefined ? undefined : number(name);
  return {
    workflowId,
    runId: text("runId"),
    type: text("type"),
    version: fields["version"],
    status: parseStatus(text("status")),
    createdAtMs: number("createdAtMs"),
    updatedAtMs: number("updatedAtMs"),
    historyLength: number("historyLength"),
    accepted: number("accepted"),
    processed: number("processed"),
    heldReason: fields["heldReason"],
    startAtMs: optionalNumber("startAtMs"),
    executionDeadlineMs: optionalNumber("executionDeadlineMs"),
    runDeadlineMs: optionalNumber("runDeadlineMs"),
  };
}

/** Field and value in turn, as HGETALL returns them to a script. */
export function fieldsOf(reply: ScriptReply): Record<string, string> {
  const items = reply.items;
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < items.length; index += 2) {
    const [name, value] = [items[index], items[index + 1]];
    if (name !== undefined && value !== undefined) fields[name.text] = value.text;
  }
  return fields;
}

function corrupt(workflowId: string, field: string): CorruptRecordError {
  return new CorruptRecordError(`the header of workflow "${workflowId}" has no valid ${field}`, {
    details: { workflowId, field },
  });
}
