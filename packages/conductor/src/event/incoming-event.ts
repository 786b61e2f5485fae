import { z } from "zod";
import { jsonBean, jsonMap } from "../definition/json-bean.js";
import { jsonProblem } from "../definition/json-problem.js";
import { ValidationFailedError, validationError, type Problem } from "../definition/validation-error.js";
import type { EventMessage } from "./event-message.js";

const MAX_ID_CHARACTERS = 255;

const incoming = jsonBean({
  event: z.string().regex(/^[^:]+:[^]+$/, "must be provider:destination"),
  messageId: z.string().min(1).max(MAX_ID_CHARACTERS).optional(),
});

/**
 * A message that somebody sends himself: one JSON object, its payload, of which `event` says what it is of and
 * `messageId`, when it is there, which of two is a repetition. Throws `ValidationFailedError`.
 */
export function readIncomingEvent(json: unknown, newId: () => string): EventMessage {
  const unreadable = jsonProblem(json);
  if (unreadable !== undefined) refuse([unreadable]);
  const read = incoming.safeParse(json);
  if (!read.success) refuse(read.error.issues.map(({ path, message }) => ({ at: path, message })));
  const { event, messageId = newId() } = incoming.parse(json);
  return { event, messageId, payload: jsonMap.parse(json) };
}

function refuse(problems: readonly Problem[]): never {
  throw new ValidationFailedError("event", problems.map(validationError));
}
