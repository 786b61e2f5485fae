import { Packr } from "msgpackr";
import { z } from "zod";
import { CorruptRecordError } from "./errors.js";
import { failureSchema } from "./failure-schema.js";
import { messageCommandSchemas, messageEventSchemas, parentSchema } from "./message-record.js";

/**
 * The history of a run: one record per fact and per decision, in order.
 *
 * - *events* move the code: they were accepted (`started`, `signal`, …) or settled by the owner (`step-*`);
 * - *commands* are what the code decided between two events;
 * - *marks* are neither: they tell what was done to the run from outside.
 *
 * `seq` numbers the awaitable things of a run from 1. Times are epoch ms of the Redis clock.
 */
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const at = z.number();
const seq = z.number().int().positive();

/** What of the cut off part a reset gives to the code again: nothing, signals, or signals and outcomes of pending work. */
const reapplySchema = z.enum(["none", "signals", "outcomes"]);
export type Reapply = z.infer<typeof reapplySchema>;

const eventSchemas = [
  z.object({
    kind: z.literal("started"),
    at,
    input: bytes,
    /** Run id of the closed run that this one replaced under the same workflow id. */
    replaces: z.string().optional(),
    idempotencyKey: z.string().optional(),
    /** The run that started this one as a child. */
    parent: parentSchema.optional(),
  }),
  z.object({
    kind: z.literal("signal"),
    at,
    name: z.string(),
    signalId: z.string().optional(),
    payload: bytes,
  }),
  /** An update that the code accepted; inside `held`, one that it has not judged yet. */
  z.object({ kind: z.literal("update"), at, name: z.string(), updateId: z.string(), input: bytes }),
  z.object({ kind: z.literal("activity-completed"), at, seq, attempt: z.number().int(), result: bytes }),
  z.object({
    kind: z.literal("activity-failed"),
    at,
    seq,
    attempt: z.number().int(),
    failure: failureSchema,
  }),
  z.object({ kind: z.literal("timer-fired"), at, seq }),
  z.object({ kind: z.literal("cancel-requested"), at, reason: z.string().optional() }),
  z.object({ kind: z.literal("step-completed"), at, seq, result: bytes }),
  z.object({ kind: z.literal("step-failed"), at, seq, failure: failureSchema }),
  ...messageEventSchemas,
  /** The code was given an offloaded value, which is stored outside of the history. */
  z.object({ kind: z.literal("load-completed"), at, seq, valueId: z.string() }),
] as const;

const commandSchemas = [
  z.object({
    kind: z.literal("activity-scheduled"),
    seq,
    name: z.string(),
    queue: z.string(),
    input: bytes,
    /** Its name within the run, by which it can be settled from outside. */
    reference: z.string().optional(),
  }),
  z.object({ kind: z.literal("activity-cancelled"), seq }),
  z.object({
    kind: z.literal("timer-started"),
    seq,
    durationMs: z.number().optional(),
    dueMs: z.number().optional(),
  }),
  z.object({ kind: z.literal("timer-cancelled"), seq }),
  z.object({ kind: z.literal("signal-awaited"), seq, name: z.string() }),
  /** A handler of the code consumed the oldest signal of that name. */
  z.object({ kind: z.literal("signal-handled"), name: z.string() }),
  z.object({ kind: z.literal("condition-awaited"), seq }),
  /** Nobody waits for the condition any more: it was met, timed out, threw or was cancelled. */
  z.object({ kind: z.literal("condition-settled"), seq }),
  /** What the code was told at its first question for that change; not compared, but told again on replay. */
  z.object({ kind: z.literal("version-marked"), id: z.string(), version: z.number().int() }),
  /** Search attributes that the code set or, by null, removed; the values as one payload. */
  z.object({ kind: z.literal("attributes-set"), names: z.array(z.string()), attributes: bytes }),
  /** Without a memo the code removed it. */
  z.object({ kind: z.literal("memo-set"), memo: bytes.optional() }),
  z.object({ kind: z.literal("step-started"), seq, name: z.string() }),
  /** A value was stored outside of the history, in the same commit as this record. */
  z.object({ kind: z.literal("value-offloaded"), seq, valueId: z.string() }),
  /** When the value cannot be loaded, a `step-failed` settles it. */
  z.object({ kind: z.literal("load-started"), seq, valueId: z.string() }),
  z.object({ kind: z.literal("update-completed"), updateId: z.string(), result: bytes }),
  z.object({ kind: z.literal("update-failed"), updateId: z.string(), failure: failureSchema }),
  ...messageCommandSchemas,
  z.object({ kind: z.literal("completed"), at, result: bytes }),
  z.object({ kind: z.literal("failed"), at, failure: failureSchema }),
  z.object({ kind: z.literal("cancelled"), at, failure: failureSchema }),
  /** The run goes on as a new one with this input; its history ends here. */
  z.object({ kind: z.literal("continued"), at, input: bytes }),
] as const;

const markSchemas = [
  /** An event that was accepted while no code could process it; a later `taken` says where the code saw it. */
  z.object({ kind: z.literal("held"), event: bytes }),
  /** The code now processes the oldest held event. */
  z.object({ kind: z.literal("taken"), at }),
  /** The oldest held event was an update that the code rejected: the code does not process it. */
  z.object({ kind: z.literal("dropped"), at }),
  z.object({ kind: z.literal("suspended"), at }),
  z.object({ kind: z.literal("resumed"), at }),
  z.object({ kind: z.literal("terminated"), at, reason: z.string().optional() }),
  /** A deadline passed; which one, and when it was due. */
  z.object({
    kind: z.literal("timed-out"),
    at,
    timeout: z.enum(["execution", "run"]),
    deadlineMs: z.number(),
  }),
  /**
   * Here the history of another run was cut off and this one goes on: what its code decides from here on is decided
   * anew. When the record before is an event, that includes what the code decides by this event.
   */
  z.object({
    kind: z.literal("reset"),
    at,
    /** Of the run that goes on; it also seeds the random numbers from here on. */
    runId: z.string(),
    fromRunId: z.string(),
    /** Set when the run that was cut is another workflow's, which goes on itself. */
    fromWorkflowId: z.string().optional(),
    reason: z.string().optional(),
    reapply: reapplySchema,
  }),
] as const;

const historyRecordSchema = z.discriminatedUnion("kind", [
  ...eventSchemas,
  ...commandSchemas,
  ...markSchemas,
]);

export type HistoryEvent = z.infer<(typeof eventSchemas)[number]>;
export type HistoryCommand = z.infer<(typeof commandSchemas)[number]>;
export type HistoryRecord = z.infer<typeof historyRecordSchema>;

const eventKinds: ReadonlySet<string> = new Set(eventSchemas.map((schema) => schema.shape.kind.value));
const commandKinds: ReadonlySet<string> = new Set(commandSchemas.map((schema) => schema.shape.kind.value));

export function isHistoryEvent(record: HistoryRecord): record is HistoryEvent {
  return eventKinds.has(record.kind);
}
export function isHistoryCommand(record: HistoryRecord): record is HistoryCommand {
  return commandKinds.has(record.kind);
}

// Plain msgpack maps: readable by any msgpack tool, and small scripts may pack marks with cmsgpack.
// cmsgpack writes times as 64-bit integers, which would otherwise arrive as BigInt.
const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

export function encodeHistoryRecord(record: HistoryRecord): Uint8Array {
  return packr.pack(record);
}

/** Decodes and checks one stored record; throws `CorruptRecordError` on anything else. */
export function decodeHistoryRecord(data: Uint8Array): HistoryRecord {
  let value: unknown;
  try {
    value = packr.unpack(data);
  } catch (cause) {
    throw new CorruptRecordError("a stored history record cannot be decoded", { cause });
  }
  const parsed = historyRecordSchema.safeParse(value);
  if (!parsed.success) {
    throw new CorruptRecordError(`a stored history record has a wrong shape: ${parsed.error.message}`);
  }
  return parsed.data;
}
