// What Redis keeps of a schedule: what it starts and when, how far it is, and what callers asked of it meanwhile.
import { Packr } from "msgpackr";
import { z } from "zod";
import { CorruptRecordError } from "./errors.js";

/** What happens to a start while a run of the schedule is open. */
export const OVERLAP_POLICIES = [
  "skip",
  "buffer-one",
  "buffer-all",
  "cancel-other",
  "terminate-other",
  "allow-all",
] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const ms = z.number();
const overlap = z.enum(OVERLAP_POLICIES);
const run = z.object({ workflowId: z.string(), runId: z.string() });

const specSchema = z.object({
  /** The start request without its ids; core decides about its fields. */
  start: z.looseObject({ type: z.string(), input: bytes }),
  cron: z.array(z.string()),
  timezone: z.string(),
  interval: z.object({ everyMs: ms, offsetMs: ms }).optional(),
  jitterMs: ms,
  catchUpWindowMs: ms,
  overlap,
  startAtMs: ms.optional(),
  endAtMs: ms.optional(),
});
/** What a schedule starts, when, and by which policies; changed by `update` alone. */
export type ScheduleSpec = z.infer<typeof specSchema>;

const progressSchema = z.object({
  paused: z.boolean(),
  note: z.string().optional(),
  /** How many ticks may still be started; absent: any number. */
  remainingRuns: z.number().optional(),
  /** Ticks up to this one are decided. */
  decidedUntilMs: ms,
  /** Number of the last start that was decided. */
  lastStart: z.number(),
  /** Ranges whose ticks are still to be decided, from behind `afterMs`. */
  backfills: z.array(z.object({ afterMs: ms, toMs: ms, overlap })),
  /** Decided, and waiting for the end of a run. */
  buffered: z.array(z.object({ atMs: ms, overlap, isManual: z.boolean() })),
  /** Decided, and not known to be accepted: whoever owns the schedule next starts them again. */
  starting: z.array(z.object({ number: z.number(), atMs: ms, overlap })),
  /** Runs to end before a start, in the same sense. */
  ending: z.array(run.extend({ by: z.enum(["cancel", "terminate"]) })),
  /** Started and perhaps open; without those of `allow-all`, which stand in nobody's way. */
  running: z.array(run),
  /** Newest last, a few. */
  recent: z.array(run.extend({ atMs: ms, startedAtMs: ms })),
  counts: z.object({
    started: z.number(),
    skipped: z.number(),
    missed: z.number(),
    dropped: z.number(),
    refused: z.number(),
  }),
});
/** How far a schedule is; written by the owner of its partition alone. */
export type ScheduleProgress = z.infer<typeof progressSchema>;
export type ScheduledStart = ScheduleProgress["starting"][number];

const requestSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("pause"), note: z.string().optional() }),
  z.object({ kind: z.literal("resume"), note: z.string().optional() }),
  z.object({ kind: z.literal("trigger"), overlap: overlap.optional() }),
  z.object({ kind: z.literal("backfill"), fromMs: ms, toMs: ms, overlap: overlap.optional() }),
  /** `remainingRuns`: absent leaves it, null takes the limit away. */
  z.object({ kind: z.literal("update"), spec: specSchema, remainingRuns: z.number().nullable().optional() }),
]);
/** What a caller asked of a schedule; its owner takes them in the order of their acceptance. */
export type ScheduleRequest = z.infer<typeof requestSchema>;

const packr = new Packr({ useRecords: false, variableMapSize: true });

export const scheduleSpecCodec = codecOf(specSchema, "the specification of a schedule");
export const scheduleProgressCodec = codecOf(progressSchema, "the progress of a schedule");
export const scheduleRequestCodec = codecOf(requestSchema, "a request of a schedule");

function codecOf<Schema extends z.ZodType>(schema: Schema, what: string) {
  return {
    encode: (value: z.infer<Schema>): Uint8Array => packr.pack(value),
    /** Throws `CorruptRecordError` for anything that `encode` did not write. */
    decode: (stored: Uint8Array): z.infer<Schema> => {
      try {
        return schema.parse(packr.unpack(stored));
      } catch (cause) {
        throw new CorruptRecordError(`${what} cannot be decoded`, { cause });
      }
    },
  };
}
