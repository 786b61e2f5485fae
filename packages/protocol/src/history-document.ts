import { InvalidArgumentError } from "./errors.js";
import { decodeHistoryRecord, encodeHistoryRecord } from "./history-record.js";
import { decodePayload, encodePayload } from "./payload.js";
import { parseStatus, type WorkflowStatus } from "./status.js";

const FORMAT = "heddle-history";
const FORMAT_VERSION = 1;

/** The history of one run outside of its store. */
export interface WorkflowHistory {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  /** Of the code that first ran the run; absent while none has. */
  readonly version?: string | undefined;
  readonly status: WorkflowStatus;
  /** As stored, oldest first; see `HistoryRecord`. */
  readonly records: readonly Uint8Array[];
}

/**
 * Writes a history as JSON text that keeps every payload: as `{"$json": value}` where JSON says all of it, else as
 * `{"$msgpack": base64}` (dates, maps, big integers, bytes, …). `parseHistory` reads it back.
 */
export function formatHistory(history: WorkflowHistory): string {
  const { workflowId, runId, type, version, status } = history;
  const document = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    ...{ workflowId, runId, type, version, status },
    records: history.records.map((record) => readable(decodeHistoryRecord(record))),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/**
 * Reads what `formatHistory` wrote, as text or as bytes of it. Throws `InvalidArgumentError` when it is no exported
 * history, was exported in a format that this release does not know, or has a record that it does not know.
 */
export function parseHistory(text: string | Uint8Array): WorkflowHistory {
  return historyFromJson(parseJson(typeof text === "string" ? text : Buffer.from(text).toString("utf8")));
}

/** The same of its text when that has been parsed as JSON. */
export function historyFromJson(document: unknown): WorkflowHistory {
  if (!isObject(document)) throw refused("it is no JSON object");
  if (document["format"] !== FORMAT) throw refused(`its "format" is not "${FORMAT}"`);
  if (document["formatVersion"] !== FORMAT_VERSION) {
    throw refused(
      `it has format version ${JSON.stringify(document["formatVersion"])}, this release reads ${FORMAT_VERSION}`,
    );
  }
  const { version, records } = document;
  if (!Array.isArray(records)) throw refused(`its "records" are no list`);
  return {
    workflowId: textOf(document, "workflowId"),
    runId: textOf(document, "runId"),
    type: textOf(document, "type"),
    ...(version === undefined ? {} : { version: textOf(document, "version") }),
    status: statusOf(document),
    records: records.map(recordOf),
  };
}

function readable(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(record).map(([field, value]): [string, unknown] => {
    if (!(value instanceof Uint8Array)) return [field, value];
    // What is held is a whole record.
    if (record["kind"] === "held") return [field, { $record: readable(decodeHistoryRecord(value)) }];
    return [field, readablePayload(value)];
  });
  return Object.fromEntries(entries);
}

function readablePayload(payload: Uint8Array): { $json: unknown } | { $msgpack: string } {
  const bytes = Buffer.from(payload);
  try {
    const json = JSON.stringify(decodePayload(payload));
    // Only what comes back byte for byte: JSON drops what it has no form for without a word.
    if (bytes.equals(payloadOf(JSON.parse(json)))) return { $json: JSON.parse(json) as unknown };
  } catch {
    // A value without JSON, or bytes that are no msgpack: both are kept as they are.
  }
  return { $msgpack: bytes.toString("base64") };
}

function recordOf(value: unknown, index: number): Uint8Array {
  try {
    if (!isObject(value)) throw new TypeError("it is no object");
    const record = encodeHistoryRecord(stored(value) as Parameters<typeof encodeHistoryRecord>[0]);
    decodeHistoryRecord(record);
    return record;
  } catch (cause) {
    throw refused(`its record ${index} cannot be read: ${String(cause)}`, cause);
  }
}

function stored(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(record).map(([field, value]): [string, unknown] => {
    if (!isObject(value)) return [field, value];
    if (isObject(value["$record"])) {
      return [
        field,
        encodeHistoryRecord(stored(value["$record"]) as Parameters<typeof encodeHistoryRecord>[0]),
      ];
    }
    if (typeof value["$msgpack"] === "string") return [field, Buffer.from(value["$msgpack"], "base64")];
    return [field, "$json" in value ? payloadOf(value["$json"]) : value];
  });
  return Object.fromEntries(entries);
}

/** Its size was judged when it was accepted. */
function payloadOf(value: unknown): Uint8Array {
  return encodePayload(value, { maxBytes: Number.POSITIVE_INFINITY });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused("it is no JSON", cause);
  }
}

function textOf(document: Readonly<Record<string, unknown>>, field: string): string {
  const value = document[field];
  if (typeof value !== "string") throw refused(`its "${field}" is no text`);
  return value;
}

function statusOf(document: Readonly<Record<string, unknown>>): WorkflowStatus {
  try {
    return parseStatus(textOf(document, "status"));
  } catch (cause) {
    throw refused(`its "status" is none that a run can have`, cause);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function refused(problem: string, cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `this is no history that can be read: ${problem}; pass what handle.exportHistory() returned`,
    { cause, details: { field: "history" } },
  );
}
