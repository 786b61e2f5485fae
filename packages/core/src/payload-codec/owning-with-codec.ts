import type {
  CoordinatorListener,
  InboxEntry,
  LoadedRun,
  OwnerStore,
  TurnCommit,
} from "../store/owner-store.js";
import type { CarriedEvent } from "../store/continuation.js";
import { withSealedMemo } from "./sealed-memo.js";
import type { SealedPayloads } from "./sealed-payloads.js";

/** Calls without payloads of users. One that is missing here has to be written below. */
type PassedOn =
  | ("partitions" | "partitionOf" | "announceCoordinator" | "withdrawCoordinator")
  | ("acquireLease" | "renewLease" | "releaseLease" | "entriesPresent" | "discardEntries")
  | ("dueTimers" | "fireTimers" | "readActivities" | "advanceActivities" | "purge")
  | ("beginDelayedRuns" | "timeOutRuns" | "readOutbox" | "relayDone")
  // What messages hold was sealed by the commit that sent them, and stays so from run to run.
  | ("readMessages" | "messageDone")
  | ("heldRuns" | "openRuns" | "clearClosedRun");

/**
 * The calls of an owner that carry payloads. A run whose payloads cannot be opened is handed on as it is stored, with
 * the reason, so that its owner holds it: it goes on when somebody comes who has the codec.
 */
export function owningWithCodec(store: OwnerStore, payloads: SealedPayloads): Omit<OwnerStore, PassedOn> {
  return {
    readInbox: async (lease, request) => {
      const page = await store.readInbox(lease, request);
      if (page.outcome !== "ok") return page;
      return { ...page, entries: page.entries.map((entry) => openEntry(entry, payloads)) };
    },
    loadRuns: async (lease, workflowIds) => {
      const runs = await store.loadRuns(lease, workflowIds);
      return runs.map((run) => run && openRun(run, payloads));
    },
    readOffloaded: async (lease, request) => {
      const payload = await store.readOffloaded(lease, request);
      return payload && payloads.open(payload);
    },
    commitTurns: async (lease, turns, page) => {
      const sealed = turns.map((turn) => sealTurn(turn, payloads));
      const reply = await store.commitTurns(lease, sealed, page);
      if (reply.outcome !== "ok") return reply;
      return { ...reply, entries: reply.entries.map((entry) => openEntry(entry, payloads)) };
    },
    listen: (coordinatorId, listener) => store.listen(coordinatorId, answering(listener, payloads)),
  };
}

function openEntry(entry: InboxEntry, payloads: SealedPayloads): InboxEntry {
  try {
    return { ...entry, data: openData(entry, payloads) };
  } catch (error) {
    return { ...entry, unreadable: reasonOf(error) };
  }
}

function openData({ kind, data }: InboxEntry, payloads: SealedPayloads): Uint8Array {
  switch (kind) {
    case "activity-failed":
      return payloads.openFailurePayload(data);
    case "child-closed":
      return payloads.openRecord(data);
    default:
      return payloads.open(data);
  }
}

function openRun(run: LoadedRun, payloads: SealedPayloads): LoadedRun {
  try {
    return { ...run, ...payloads.openHistory(run) };
  } catch (error) {
    return { ...run, unreadable: reasonOf(error) };
  }
}

function sealTurn(turn: TurnCommit, payloads: SealedPayloads): TurnCommit {
  const { continuation, offloaded, updates } = turn;
  return {
    ...withSealedMemo(turn, payloads),
    records: turn.records.map((record) => payloads.sealRecord(record)),
    ...(continuation && {
      continuation: {
        ...continuation,
        input: payloads.seal(continuation.input),
        events: continuation.events.map((event) => sealCarried(event, payloads)),
      },
    }),
    ...(offloaded && {
      offloaded: offloaded.map((value) => ({ ...value, payload: payloads.seal(value.payload) })),
    }),
    ...(updates && {
      updates: updates.map((update) =>
        update.state === "rejected"
          ? { ...update, failure: payloads.sealFailurePayload(update.failure) }
          : update,
      ),
    }),
  };
}

function sealCarried(event: CarriedEvent, payloads: SealedPayloads): CarriedEvent {
  switch (event.kind) {
    case "signal":
      return { ...event, payload: payloads.seal(event.payload) };
    case "update":
      return { ...event, input: payloads.seal(event.input) };
    case "cancel-requested":
      return event;
  }
}

function answering(listener: CoordinatorListener, payloads: SealedPayloads): CoordinatorListener {
  return {
    wake: (partition) => listener.wake(partition),
    coordinatorLeft: () => listener.coordinatorLeft(),
    limitHasRoom: (key) => listener.limitHasRoom?.(key),
    reconnected: () => listener.reconnected(),
    query: async (request) => {
      let input: Uint8Array;
      try {
        input = payloads.open(request.input);
      } catch (error) {
        return { outcome: "held", reason: reasonOf(error) };
      }
      const reply = await listener.query({ ...request, input });
      return reply.outcome === "answered" ? { ...reply, result: payloads.seal(reply.result) } : reply;
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
