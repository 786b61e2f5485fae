import { createHash } from "node:crypto";
import { z } from "zod";
import { isJsonMap, jsonMap, type JsonMap } from "../definition/json-bean.js";
import { jsonProblem } from "../definition/json-problem.js";

/** Type of the run that handles one message of an event. */
export const CONDUCTOR_EVENT = "conductor.event";

export const eventMessage = z.object({
  /** `provider:destination`: `conductor:<workflow>:<name>`, `kafka:<topic>`, … */
  event: z.string().min(1),
  /** Names the message among those of its event: of two with the same id the second is a repetition. */
  messageId: z.string().min(1),
  /** What conditions see as `$`, and the document of the expressions of actions. */
  payload: jsonMap,
});
export type EventMessage = z.output<typeof eventMessage>;

/** By which lists find messages; `eventHandlers` are those that were active when it came. */
export const EVENT_ATTRIBUTES = { event: "string", eventHandlers: "string[]" } as const;

/** Id of the run that handles the message: the same for every repetition, so there is one. */
export function eventRunId({ event, messageId }: Pick<EventMessage, "event" | "messageId">): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([event, messageId]))
    .digest("base64url");
  return `${CONDUCTOR_EVENT}:${digest.slice(0, 32)}`;
}

/** A message as others send it: what is no JSON object is seen as `{ value }`, what cannot be read as JSON as text. */
export function payloadOf(text: string): JsonMap {
  const value = parsed(text);
  return isJsonMap(value) ? value : { value };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return jsonProblem(value) === undefined ? value : text;
  } catch {
    return text;
  }
}
