import type { ScheduleSpec } from "@heddle/protocol";
import type { AcceptingStore, ClosedRun, StartRequest } from "../store/accepting-store.js";
import type { HistoryReply } from "../store/live-store.js";
import type { UpdateReply } from "../store/update-requests.js";
import { withSealedMemo } from "./sealed-memo.js";
import type { SealedPayloads } from "./sealed-payloads.js";

/** Calls without payloads. One that is missing here has to be written below, or payloads would pass it as they are. */
type PassedOn =
  | ("requestCancel" | "terminate" | "suspend" | "resume" | "resetRun" | "findMadeRun" | "removeRun")
  | ("openChanges" | "openActivities")
  | ("list" | "count" | "aggregate" | "setAttributes" | "workflowIdOfKey" | "ping")
  | ("readSchedule" | "deleteSchedule" | "listSchedules" | "isRunOpen")
  | ("listDeadLetters" | "removeDeadLetter");

/** The calls of a store that carry payloads. What it returns and cannot open is thrown as `PayloadNotDecodableError`. */
export function acceptingWithCodec(
  store: AcceptingStore,
  payloads: SealedPayloads,
): Omit<AcceptingStore, PassedOn> {
  const openClosed = <Reply extends { readonly outcome: string }>(
    run: Reply | ClosedRun,
  ): Reply | ClosedRun => ("record" in run ? { ...run, record: payloads.openRecord(run.record) } : run);
  const openUpdate = (reply: UpdateReply): UpdateReply => {
    if (reply.outcome === "completed") return { ...reply, record: payloads.openRecord(reply.record) };
    if (reply.outcome !== "rejected") return reply;
    return { ...reply, failure: payloads.openFailurePayload(reply.failure) };
  };
  const openHistoryPage = (page: HistoryReply): HistoryReply =>
    page.outcome === "records"
      ? { ...page, records: page.records.map((record) => payloads.openRecord(record)) }
      : page;
  // Nobody looks into it before a run is started with it, and what is sealed stays as it is.
  const sealSpec = (spec: ScheduleSpec): ScheduleSpec => {
    // As `ScheduleClient` made it of a start request.
    const start = spec.start as Pick<StartRequest, "type" | "input" | "search">;
    return { ...spec, start: { ...withSealedMemo(start, payloads), input: payloads.seal(start.input) } };
  };
  return {
    start: (request) =>
      store.start({ ...withSealedMemo(request, payloads), input: payloads.seal(request.input) }),
    startAndAwait: async (request, options) => {
      const sealed = { ...withSealedMemo(request, payloads), input: payloads.seal(request.input) };
      const reply = await store.startAndAwait(sealed, options);
      return reply.outcome === "ended" ? { ...reply, run: openClosed(reply.run) } : reply;
    },
    signal: (request) => store.signal({ ...request, payload: payloads.seal(request.payload) }),
    startOrSignal: (request) => {
      const signal = { ...request.signal, payload: payloads.seal(request.signal.payload) };
      return store.startOrSignal({
        ...withSealedMemo(request, payloads),
        input: payloads.seal(request.input),
        signal,
      });
    },
    addDeadLetter: ({ letter, ...rest }) =>
      store.addDeadLetter({ ...rest, letter: { ...letter, data: payloads.seal(letter.data) } }),
    readDeadLetter: async (id) => {
      const letter = await store.readDeadLetter(id);
      return letter && { ...letter, data: payloads.open(letter.data) };
    },
    describe: async (workflowId) => {
      const run = await store.describe(workflowId);
      return run?.memo === undefined ? run : { ...run, memo: payloads.open(run.memo) };
    },
    history: async (workflowId) =>
      (await store.history(workflowId))?.map((record) => payloads.openRecord(record)),
    readHistory: async (request) => openHistoryPage(await store.readHistory(request)),
    awaitHistory: async (request, options) => openHistoryPage(await store.awaitHistory(request, options)),
    readRun: async (workflowId) => {
      const run = await store.readRun(workflowId);
      return run && { ...run, ...payloads.openHistory(run) };
    },
    importRun: (request) => {
      const sealAll = (records: readonly Uint8Array[]) =>
        records.map((record) => payloads.sealRecord(record));
      const { as } = request;
      return store.importRun({
        ...request,
        records: sealAll(request.records),
        as: as.status === "pending" ? { ...as, cutOff: sealAll(as.cutOff) } : as,
      });
    },
    awaitClosed: async (request) => openClosed(await store.awaitClosed(request)),
    query: async (request) => {
      const reply = await store.query({ ...request, input: payloads.seal(request.input) });
      return reply.outcome === "answered" ? { ...reply, result: payloads.open(reply.result) } : reply;
    },
    update: async (request, wait) =>
      openUpdate(await store.update({ ...request, input: payloads.seal(request.input) }, wait)),
    startWithUpdate: async (request, wait) => {
      const update = { ...request.update, input: payloads.seal(request.update.input) };
      const input = payloads.seal(request.input);
      const sealed = { ...withSealedMemo(request, payloads), input, update };
      const reply = await store.startWithUpdate(sealed, wait);
      return "update" in reply ? { ...reply, update: openUpdate(reply.update) } : reply;
    },
    awaitUpdate: async (update, wait) => openUpdate(await store.awaitUpdate(update, wait)),
    createSchedule: (schedule) => store.createSchedule({ ...schedule, spec: sealSpec(schedule.spec) }),
    requestOfSchedule: (asked) => {
      const { request } = asked;
      if (request.kind !== "update") return store.requestOfSchedule(asked);
      return store.requestOfSchedule({ ...asked, request: { ...request, spec: sealSpec(request.spec) } });
    },
    settleOpenActivity: async (request) => {
      const { settlement } = request;
      const reply = await store.settleOpenActivity({
        ...request,
        mark: payloads.seal(request.mark),
        settlement:
          settlement.outcome === "completed"
            ? { ...settlement, result: payloads.seal(settlement.result) }
            : { ...settlement, failure: payloads.sealFailure(settlement.failure) },
      });
      return reply.outcome === "settled-before" ? { ...reply, mark: payloads.open(reply.mark) } : reply;
    },
    heartbeatOpenActivity: (activity, details) =>
      store.heartbeatOpenActivity(activity, details === undefined ? undefined : payloads.seal(details)),
  };
}
