import {
  offloadedIdsIn,
  type ActivityReference,
  type CarriedEvent,
  type Continuation,
  type Machine,
  type RunHeader,
  type TurnCommit,
} from "@heddle/core";
import { encodeHistoryRecord, type WorkflowStatus } from "@heddle/protocol";
import type { AnyWorkflow } from "@heddle/workflow";
import type { TurnBuffer } from "./turn-buffer.js";
import { outgoingOf } from "./outgoing.js";
import { updatesOf } from "./update-progress.js";

/** A turn of one run as the store takes it: what its code decided, and what the end of the code withdraws. */
export function turnCommit(turn: {
  readonly header: RunHeader;
  readonly buffer: TurnBuffer;
  readonly machine: Machine | undefined;
  readonly workflow: AnyWorkflow | undefined;
  readonly statusBefore: WorkflowStatus;
  readonly historyLength: number;
  readonly around: { readonly ticketCheckMs: number; newToken(): string };
}): TurnCommit {
  const { header, buffer, machine, workflow, statusBefore, historyLength, around } = turn;
  const { closing } = buffer;
  const closes = closing !== undefined;
  const continuation = continuationOf(turn);
  // Also code that was blocked behind events which it had processed.
  const ranCode = machine !== undefined || buffer.processed > 0 || buffer.finishesReset;
  return {
    workflowId: header.workflowId,
    runId: header.runId,
    type: header.type,
    version: ranCode ? (workflow?.version ?? "") : "",
    statusBefore,
    statusAfter: continuation === undefined ? statusAfter(buffer, statusBefore) : "pending",
    historyLengthBefore: historyLength,
    entryIds: buffer.entryIds,
    processedDelta: buffer.processed,
    records: closes ? [...buffer.records, encodeHistoryRecord(closing)] : buffer.records,
    activities: buffer.newActivities(historyLength, around),
    timers: buffer.timers,
    endedActivities: [...buffer.endedActivities, ...(closes ? (machine?.pendingActivities ?? []) : [])],
    endedTimers: [...buffer.endedTimers, ...(closes ? (machine?.pendingTimers ?? []) : [])],
    references: continuation === undefined ? buffer.references : forgotten(machine),
    ...updatesOf(buffer, closes ? (machine?.openUpdates ?? []) : []),
    ...outgoingOf(buffer, machine),
    ...(buffer.awaitsSteps === undefined ? {} : { awaitsSteps: buffer.awaitsSteps }),
    ...(buffer.offloaded.length === 0 ? {} : { offloaded: buffer.offloaded }),
    ...(buffer.search === undefined ? {} : { search: buffer.search }),
    ...(buffer.heldReason === undefined ? {} : { heldReason: buffer.heldReason }),
    ...(closes && continuation === undefined && workflow !== undefined
      ? { retentionMs: workflow.retentionMs }
      : {}),
    ...(continuation === undefined ? {} : { continuation }),
    ...(buffer.finishesReset ? { finishesReset: true } : {}),
  };
}

/** Of the run itself; one that continues as new is closed, whatever its successor is. */
export function statusAfter(buffer: TurnBuffer, before: WorkflowStatus): WorkflowStatus {
  const { closing, processed, finishesReset } = buffer;
  if (closing !== undefined) return closing.kind;
  return before === "pending" && (processed > 0 || finishesReset) ? "running" : before;
}

/** The activities of a run are withdrawn when it continues as a new one, and the two share what keeps the references. */
function forgotten(machine: Machine | undefined): ActivityReference[] {
  return (machine?.activityReferences ?? []).map((reference) => ({ reference, seq: undefined }));
}

function continuationOf(turn: {
  readonly buffer: TurnBuffer;
  readonly machine: Machine | undefined;
  readonly around: { newToken(): string };
}): Continuation | undefined {
  const { closing } = turn.buffer;
  if (closing?.kind !== "continued") return undefined;
  const events = turn.machine?.carriedEvents ?? [];
  const offloaded = offloadedIdsIn([closing.input, ...events.map(payloadOf)]);
  return { runId: turn.around.newToken(), input: closing.input, events, offloaded };
}

const NO_PAYLOAD = new Uint8Array();

function payloadOf(event: CarriedEvent): Uint8Array {
  if (event.kind === "signal") return event.payload;
  return event.kind === "update" ? event.input : NO_PAYLOAD;
}
