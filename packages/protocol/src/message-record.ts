import { z } from "zod";
import { failureSchema } from "./failure-schema.js";

// Records of what a run asks of other runs, and of what comes back; part of the history, see `history-record.ts`.
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const at = z.number();
const seq = z.number().int().positive();

const timesSchema = z.object({
  executionTimeoutMs: z.number().optional(),
  runTimeoutMs: z.number().optional(),
  startAfterMs: z.number().optional(),
  startAtMs: z.number().optional(),
});

/** Who started a run as a child: the number of the child in its parent, and how many ancestors the child has. */
export const parentSchema = z.object({
  workflowId: z.string(),
  runId: z.string(),
  seq,
  depth: z.number().int().positive(),
});
export type ParentRun = z.infer<typeof parentSchema>;

/** What the target of a message answered; told to the sender as the events below. */
export const messageAnswerSchema = z.discriminatedUnion("outcome", [
  z.object({
    outcome: z.enum(["accepted", "duplicate", "started", "signalled"]),
    workflowId: z.string(),
    runId: z.string(),
  }),
  z.object({ outcome: z.enum(["not-found", "purged"]), workflowId: z.string() }),
  z.object({
    outcome: z.enum(["closed", "conflict"]),
    workflowId: z.string(),
    runId: z.string(),
    status: z.string(),
  }),
  z.object({
    outcome: z.literal("exists"),
    workflowId: z.string(),
    runId: z.string(),
    status: z.string(),
    type: z.string(),
  }),
]);
export type MessageAnswer = z.infer<typeof messageAnswerSchema>;

export const messageEventSchemas = [
  /** The target of a message has accepted it, or refused it for good. */
  z.object({ kind: z.literal("message-answered"), at, seq, answer: messageAnswerSchema }),
  /** A child, or the last run that it continued as, has closed. */
  z.object({ kind: z.literal("child-completed"), at, seq, runId: z.string(), result: bytes }),
  z.object({
    kind: z.literal("child-failed"),
    at,
    seq,
    runId: z.string(),
    status: z.enum(["failed", "cancelled", "terminated", "timed-out"]),
    failure: failureSchema,
  }),
] as const;

export const messageCommandSchemas = [
  z.object({
    kind: z.literal("signal-sent"),
    seq,
    workflowId: z.string(),
    /** The first run of the chain that is meant; absent: whatever run has the id. */
    runId: z.string().optional(),
    name: z.string(),
    signalId: z.string().optional(),
    payload: bytes,
  }),
  z.object({
    kind: z.literal("start-or-signal-sent"),
    seq,
    /** Workflow type. */
    name: z.string(),
    /** Absent when the idempotency key decides it. */
    workflowId: z.string().optional(),
    idempotencyKey: z.string().optional(),
    /** Of the run, in case it is started. */
    runId: z.string(),
    input: bytes,
    signalName: z.string(),
    signalId: z.string(),
    payload: bytes,
    onTerminalConflict: z.enum(["reject", "start-new"]),
    times: timesSchema.optional(),
  }),
  z.object({
    kind: z.literal("child-start-requested"),
    seq,
    /** Workflow type. */
    name: z.string(),
    workflowId: z.string(),
    runId: z.string(),
    input: bytes,
    parentClosePolicy: z.enum(["terminate", "request-cancel", "abandon"]),
    depth: z.number().int().positive(),
    onOpen: z.enum(["fail", "terminate-existing"]),
    onClosed: z.enum(["allow", "allow-failed-only", "reject"]),
    times: timesSchema.optional(),
  }),
  z.object({
    kind: z.literal("child-cancel-requested"),
    seq,
    workflowId: z.string(),
    /** The first run of the child. */
    runId: z.string(),
    reason: z.string().optional(),
  }),
] as const;
