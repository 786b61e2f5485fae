import { Packr } from "msgpackr";
import { z } from "zod";

/**
 * What travels over pub/sub: wake-ups, queries and answers. Never state: a lost message costs a slow poll or a
 * repeated question.
 */
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** Published by `notify-waiters.lua`: workflow id, run id, status, closing record (new run id when it continued). */
export const closedMessage = z.tuple([z.string(), z.string(), z.string(), bytes]);

/**
 * Published by `write-updates.lua`: workflow id, run id, id of the first run of its chain, update id, state, record or
 * failure.
 */
export const updateMessage = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.enum(["accepted", "completed", "rejected", "abandoned"]),
  bytes,
]);

export const queryMessage = z.object({
  kind: z.literal("query"),
  requestId: z.string(),
  replyTo: z.string(),
  workflowId: z.string(),
  name: z.string(),
  input: bytes,
});

const queryReplySchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("answered"), result: bytes }),
  z.object({ outcome: z.literal("no-such-query"), known: z.array(z.string()) }),
  z.object({ outcome: z.literal("suspended") }),
  z.object({ outcome: z.literal("closed") }),
  z.object({ outcome: z.literal("not-found") }),
  z.object({ outcome: z.literal("held"), reason: z.string() }),
  z.object({ outcome: z.literal("failed"), name: z.string(), message: z.string() }),
]);
export const answerMessage = z.object({
  kind: z.literal("answer"),
  requestId: z.string(),
  reply: queryReplySchema,
});

const packr = new Packr({ useRecords: false, mapsAsObjects: true });

export function packMessage(message: z.infer<typeof queryMessage> | z.infer<typeof answerMessage>): Buffer {
  return packr.pack(message);
}

/** `undefined` for bytes that are no msgpack; the schemas decide about the rest. */
export function unpackMessage(data: Uint8Array): unknown {
  try {
    return packr.unpack(data);
  } catch {
    return undefined;
  }
}
