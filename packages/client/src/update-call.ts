import { assertName, assertUpdateId, assertWorkflowId } from "@heddle/protocol";
import type { UpdateOptions } from "./call-options.js";
import { apiPath } from "./http/path.js";
import { randomId } from "./http/random-id.js";
import type { Call } from "./http/transport.js";

/** What the gateway waits for an update, as it does not take another time. */
export const UPDATE_WAIT_MS = 60_000;

/** Sends an update, or finds it by its id. */
export function updateCall(
  workflowId: string,
  name: string,
  body: { readonly input: unknown; readonly waitFor?: "accepted" },
  { updateId = randomId(), signal }: UpdateOptions,
): Call {
  assertWorkflowId(workflowId);
  assertName(name, "update name");
  assertUpdateId(updateId);
  return {
    method: "POST",
    path: apiPath("workflows", workflowId, "updates", name),
    body: { ...body, updateId },
    details: { workflowId, updateId },
    applies: "once",
    waitMs: UPDATE_WAIT_MS,
    signal,
  };
}
