import type { SignalledRun, WorkflowClient } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import type { JsonPointer } from "../json/json-pointer.js";
import type { StartRule } from "./settings.js";
import { assertSteersNothing } from "../routes/steering-names.js";

/** What came from outside, as the signal that it becomes. */
export interface Delivery {
  readonly workflowId: string;
  /** The id makes a repetition harmless: it is the sender's own name for the event. */
  readonly signal: { readonly name: string; readonly payload: unknown; readonly signalId: string };
  /** Absent: an absent workflow is refused. */
  readonly start?: StartRule | undefined;
  /** What pointers of the start rule look into. */
  readonly document: unknown;
}

/** One atomic step. Errors: those of `signal` or `startOrSignal`, and `InvalidArgumentError` when there is no input. */
export function deliver(client: WorkflowClient, delivery: Delivery): Promise<SignalledRun> {
  const { signal, start, document } = delivery;
  const id = delivery.workflowId;
  assertSteersNothing(signal.name);
  if (start === undefined) return client.deliverSignal(id, signal.name, signal.payload, signal);
  const { type, input, onTerminalConflict } = start;
  const value = input === undefined ? undefined : presentAt(input, document, "input");
  return client.startOrSignal(type, value, signal, { id, onTerminalConflict });
}

/** Throws `InvalidArgumentError` that names the pointer when there is nothing. */
export function presentAt(pointer: JsonPointer, document: unknown, what: string): unknown {
  const value = pointer.find(document);
  if (value !== undefined) return value;
  throw new InvalidArgumentError(
    `the body of this delivery has to hold the ${what} at ${JSON.stringify(pointer.text)}`,
    { details: { field: pointer.text } },
  );
}
