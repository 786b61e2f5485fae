import {
  WorkflowNotFoundError,
  type HistoryCommand,
  type HistoryEvent,
  type MessageAnswer,
} from "@heddle/protocol";
import { alreadyExists, keyPurged, notFound, notRunning, startOrSignalConflict } from "../client/refusals.js";
import type { Outcome } from "./outcome.js";
import type { Runtime } from "./runtime.js";

type MessageCommand = Extract<
  HistoryCommand,
  { kind: "signal-sent" | "start-or-signal-sent" | "child-cancel-requested" }
>;
type Answered = Extract<HistoryEvent, { kind: "message-answered" }>;

/** Sends a message to another run; `settle` gets what its target answered. Returns how to stop listening. */
export function sendMessage(
  runtime: Runtime,
  command: MessageCommand,
  settle: (answer: MessageAnswer) => void,
): () => void {
  const stop = runtime.expect(command.seq, (event) => settle((event as Answered).answer));
  runtime.emit(command);
  return stop;
}

/** What the code gets of an answer: the run that took the message, or why it was refused. */
export function outcomeOf(answer: MessageAnswer, idempotencyKey?: string): Outcome {
  const { workflowId } = answer;
  switch (answer.outcome) {
    case "accepted":
    case "duplicate":
    case "started":
    case "signalled":
      return { ok: true, value: answer };
    case "not-found":
      return { ok: false, error: notFound(workflowId) };
    case "closed":
      return { ok: false, error: notRunning(workflowId, answer) };
    case "conflict":
      return { ok: false, error: startOrSignalConflict(workflowId, answer) };
    case "exists":
      return { ok: false, error: alreadyExists(workflowId, answer) };
    case "purged":
      return {
        ok: false,
        error:
          idempotencyKey === undefined
            ? new WorkflowNotFoundError(
                `workflow "${workflowId}" belongs to an idempotency key and was purged; take another id`,
                { details: { workflowId } },
              )
            : keyPurged(idempotencyKey, workflowId),
      };
  }
}
