import {
  assertName,
  InvalidArgumentError,
  NotResettableError,
  OPEN_STATUSES,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
  type WorkflowStatus,
} from "@heddle/protocol";
import type { BulkOutcome } from "./bulk-options.js";
import type { HistoryEntry } from "./history-view.js";
import type { WorkflowClient } from "./workflow-client.js";

interface Stop {
  readonly reason?: string | undefined;
}
interface Repair extends Stop {
  readonly version?: string | undefined;
}
interface Cut extends Repair {
  readonly reapply?: "signals" | "none" | undefined;
}

/** What a bulk operation does to each run. */
export type BulkOperation =
  | ({ readonly kind: "cancel" | "terminate" } & Stop)
  | { readonly kind: "signal"; readonly name: string; readonly payload?: unknown }
  | ({ readonly kind: "retry" } & Repair)
  | ({ readonly kind: "reset" | "fork" } & Cut);

/** One run that it is done to, or one that this run continued as: another that takes the id meanwhile is left alone. */
export interface BulkTarget {
  readonly id: string;
  readonly runId: string;
  /** Of its history; for reset and fork. */
  readonly event?: number | undefined;
  /** Of the workflow that a fork makes. Default: derived from the operation id and that of the run. */
  readonly newId?: string | undefined;
}

/** The statuses that an operation looks at unless its filter names others. */
export const STATUSES_OF: Readonly<Partial<Record<BulkOperation["kind"], readonly WorkflowStatus[]>>> = {
  cancel: OPEN_STATUSES,
  terminate: OPEN_STATUSES,
  signal: OPEN_STATUSES,
  retry: ["failed"],
};

/** Throws `InvalidArgumentError` for what would be wrong with every run. */
export function assertBulkOperation(operation: BulkOperation): void {
  if (operation.kind === "signal") assertName(operation.name, "signal name");
}

/** What becomes of a run by what is done to it. Never rejects. */
export async function outcomeOf(
  { id, runId }: { readonly id: string; readonly runId: string },
  act: () => Promise<"done" | "skipped">,
): Promise<BulkOutcome> {
  try {
    return { id, runId, outcome: await act() };
  } catch (error) {
    const isPast =
      error instanceof WorkflowNotRunningError ||
      error instanceof WorkflowNotFoundError ||
      error instanceof NotResettableError;
    return { id, runId, outcome: isPast ? "skipped" : "failed", error };
  }
}

/** Does it to one run. Repeating it with the same operation id does nothing twice. */
export async function applyTo(
  client: WorkflowClient,
  operation: BulkOperation,
  { id, runId, event, newId }: BulkTarget,
  operationId: string,
): Promise<"done" | "skipped"> {
  const call = { operationId: client.repair.runIdOf(operationId, id) };
  switch (operation.kind) {
    case "cancel":
      await client.cancel(id, { reason: operation.reason, runId });
      return "done";
    case "terminate":
      await client.terminate(id, { reason: operation.reason, runId }, call);
      return "done";
    case "signal":
      await client.signal(id, operation.name, operation.payload, { signalId: operationId, runId });
      return "done";
    case "retry": {
      const { kind: _, ...options } = operation;
      await client.repair.retry(id, { ...options, runId }, call);
      return "done";
    }
    case "reset": {
      const { kind: _, ...options } = operation;
      await client.repair.reset(id, { ...options, runId, event: eventOf(event) }, call);
      return "done";
    }
    case "fork": {
      // A repetition finds the forks of the first time among the rest.
      const history = await client.history(id);
      if (history.some((entry) => isForkOf(client, operationId, entry))) return "skipped";
      const { kind: _, ...options } = operation;
      const made = { id: newId ?? `fork-${call.operationId}`, event: eventOf(event) };
      await client.repair.fork(id, { ...options, ...made, runId }, call);
      return "done";
    }
  }
}

function eventOf(event: number | undefined): number {
  if (event !== undefined) return event;
  const details = { field: "event" };
  throw new InvalidArgumentError("event is missing; give the index of an event in the history", { details });
}

function isForkOf(
  client: WorkflowClient,
  operationId: string,
  { kind, runId, fromWorkflowId }: HistoryEntry,
): boolean {
  return (
    kind === "reset" &&
    typeof fromWorkflowId === "string" &&
    runId === client.repair.runIdOf(operationId, fromWorkflowId)
  );
}
