import type { Machine, Outgoing, OutgoingMessage, PendingChild, TurnCommit } from "@heddle/core";
import type { TurnBuffer } from "./turn-buffer.js";

/**
 * What a turn sends: what its code decided, and, when it ends the run, what its children and its parent are told. A run
 * that continues as new leaves its children to their policies, and its parent waits for the run that it continues as.
 */
export function outgoingOf(
  { messages, newChildren, closing, records }: TurnBuffer,
  machine: Pick<Machine, "pendingChildren" | "parent"> | undefined,
): Pick<TurnCommit, "outgoing"> {
  const sent = [...messages];
  const children = closing === undefined ? [] : (machine?.pendingChildren ?? []);
  for (const child of children) sent.push(...farewellTo(child));
  if (closing !== undefined && closing.kind !== "continued" && machine?.parent !== undefined) {
    const { workflowId, runId, seq } = machine.parent;
    // The closing record goes last.
    sent.push({ kind: "child-closed", seq, target: { workflowId }, runId, recordIndex: records.length });
  }
  if (sent.length === 0 && children.length === 0) return {};
  const outgoing: Outgoing = { messages: sent, newChildren, dropsChildren: children.length > 0 };
  return { outgoing };
}

function farewellTo({ policy, seq, workflowId, runId }: PendingChild): OutgoingMessage[] {
  if (policy === "abandon") return [];
  const kind = policy === "terminate" ? "terminate" : "cancel";
  return [{ kind, seq, target: { workflowId }, runId }];
}
