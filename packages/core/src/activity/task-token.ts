import { InvalidArgumentError } from "@heddle/protocol";
import type { ActivityTicket } from "../store/activity-store.js";

/** Ids may hold anything, so the parts travel as JSON. The dispatch token in it is what nobody can guess. */
export function encodeTaskToken({ workflowId, runId, seq, attempt, token }: ActivityTicket): string {
  return Buffer.from(JSON.stringify([workflowId, runId, seq, attempt, token])).toString("base64url");
}

/** Throws `InvalidArgumentError` for anything but an encoded token. */
export function decodeTaskToken(taskToken: unknown): ActivityTicket {
  const parts = typeof taskToken === "string" ? partsOf(taskToken) : undefined;
  if (!Array.isArray(parts) || parts.length !== 5) throw malformed();
  const [workflowId, runId, seq, attempt, token] = parts as unknown[];
  if (typeof workflowId !== "string" || typeof runId !== "string" || typeof token !== "string")
    throw malformed();
  // The empty token is that of an activity that backs off: it names no attempt.
  if (!isCount(seq) || !isCount(attempt) || workflowId === "" || runId === "" || token === "")
    throw malformed();
  return { workflowId, runId, seq, attempt, token };
}

function partsOf(taskToken: string): unknown {
  try {
    return JSON.parse(Buffer.from(taskToken, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function malformed(): InvalidArgumentError {
  return new InvalidArgumentError(
    "the task token is malformed; pass context.taskToken of the activity, unchanged",
    { details: { field: "taskToken" } },
  );
}
