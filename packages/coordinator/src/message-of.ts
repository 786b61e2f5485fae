import type { OutgoingMessage, PendingChild } from "@heddle/core";
import type { HistoryCommand } from "@heddle/protocol";

/** The message that a decision of the code asks for; its record says what is in it. */
export function messageOf(command: HistoryCommand, recordIndex: number): OutgoingMessage | undefined {
  switch (command.kind) {
    case "signal-sent": {
      const { seq, workflowId, runId = "" } = command;
      return { kind: "signal", seq, target: { workflowId }, runId, recordIndex };
    }
    case "start-or-signal-sent": {
      const { seq, workflowId, idempotencyKey = "" } = command;
      const target = workflowId === undefined ? { idempotencyKey } : { workflowId };
      return { kind: "start-or-signal", seq, target, runId: "", recordIndex };
    }
    case "child-start-requested": {
      const { seq, workflowId } = command;
      return { kind: "start-child", seq, target: { workflowId }, runId: "", recordIndex };
    }
    case "child-cancel-requested": {
      const { seq, workflowId, runId } = command;
      return { kind: "cancel", seq, target: { workflowId }, runId, recordIndex };
    }
    default:
      return undefined;
  }
}

/** The child that a decision of the code starts. */
export function childOf(command: HistoryCommand): PendingChild | undefined {
  if (command.kind !== "child-start-requested") return undefined;
  const { seq, workflowId, runId, parentClosePolicy: policy } = command;
  return { seq, workflowId, runId, policy };
}
