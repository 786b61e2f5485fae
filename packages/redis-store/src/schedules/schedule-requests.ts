import type { NewSchedule, ScheduleRequestReply, ScheduleStore, StoredSchedule } from "@heddle/core";
import { MAX_WAITING_REQUESTS } from "@heddle/core";
import {
  OutcomeUnknownError,
  scheduleProgressCodec,
  scheduleRequestCodec,
  scheduleSpecCodec,
  type ScheduleProgress,
} from "@heddle/protocol";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { parseStoredSchedule } from "./stored-schedule.js";

/** How long a request may be on its way; shorter than the script remembers its operation id. */
const SEND_WINDOW_MS = 20_000;

const create = defineScript<{ outcome: "created" | "exists" }>(
  {
    name: "create-schedule",
    keys: ["lease", "schedule", "schedules", "operations", "timers"],
    args: ["scheduleId", "incarnation", "spec", "progress"],
    parse: (reply) => {
      if (reply.tag === "created" || reply.tag === "exists") return { outcome: reply.tag };
      throw reply.unexpected();
    },
  },
  import.meta.url,
);

const read = defineScript<(scheduleId: string) => StoredSchedule | undefined>(
  {
    name: "read-schedule",
    keys: ["schedule", "requests"],
    args: [],
    parse: (reply) => (reply.tag === "not-found" ? () => undefined : parseStoredSchedule(reply)),
  },
  import.meta.url,
);

const ask = defineScript<ScheduleRequestReply | { outcome: "expired" }>(
  {
    name: "request-of-schedule",
    keys: ["lease", "schedule", "requests", "operations", "timers"],
    args: ["scheduleId", "request", "operationId", "notAfterMs", "expectedSpecVersion", "cap"],
    parse: (reply) => {
      switch (reply.tag) {
        case "accepted":
          return { outcome: "accepted", atMs: reply.at(1).number };
        case "not-found":
        case "changed":
        case "full":
        case "expired":
          return { outcome: reply.tag };
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

const remove = defineScript<{ outcome: "deleted"; incarnation: string } | { outcome: "not-found" }>(
  {
    name: "delete-schedule",
    keys: ["schedule", "requests", "schedules", "underWay", "timers", "operations"],
    args: ["scheduleId", "operationId"],
    parse: (reply) => {
      if (reply.tag === "deleted") return { outcome: "deleted", incarnation: reply.at(1).text };
      if (reply.tag === "not-found") return { outcome: "not-found" };
      throw reply.unexpected();
    },
  },
  import.meta.url,
);

export function createSchedule(context: StoreContext, schedule: NewSchedule) {
  const { scheduleId, incarnation, spec, paused, note, remainingRuns } = schedule;
  const keys = context.keys.partitionOf(scheduleId);
  const progress: ScheduleProgress = {
    paused,
    ...(note === undefined ? {} : { note }),
    ...(remainingRuns === undefined ? {} : { remainingRuns }),
    ...{ decidedUntilMs: 0, lastStart: 0 },
    ...{ backfills: [], buffered: [], starting: [], ending: [], running: [], recent: [] },
    counts: { started: 0, skipped: 0, missed: 0, dropped: 0, refused: 0 },
  };
  return context.scripts.run(
    create,
    [keys.lease, keys.schedule(scheduleId), keys.schedules, keys.scheduleOperations(scheduleId), keys.timers],
    [scheduleId, incarnation, scheduleSpecCodec.encode(spec), scheduleProgressCodec.encode(progress)],
  );
}

export async function readSchedule(
  context: StoreContext,
  scheduleId: string,
): Promise<StoredSchedule | undefined> {
  const keys = context.keys.partitionOf(scheduleId);
  const reply = await context.scripts.run(read, [
    keys.schedule(scheduleId),
    keys.scheduleRequests(scheduleId),
  ]);
  return reply(scheduleId);
}

export async function requestOfSchedule(
  context: StoreContext,
  asked: Parameters<ScheduleStore["requestOfSchedule"]>[0],
): Promise<ScheduleRequestReply> {
  const { scheduleId, request, operationId, expectedSpecVersion = "" } = asked;
  const keys = context.keys.partitionOf(scheduleId);
  const reply = await context.scripts.run(
    ask,
    [
      keys.lease,
      keys.schedule(scheduleId),
      keys.scheduleRequests(scheduleId),
      keys.scheduleOperations(scheduleId),
      keys.timers,
    ],
    [
      scheduleId,
      scheduleRequestCodec.encode(request),
      operationId,
      context.redisNowMs() + SEND_WINDOW_MS,
      expectedSpecVersion,
      MAX_WAITING_REQUESTS,
    ],
  );
  if (reply.outcome !== "expired") return reply;
  // As for a signal: it was slow, or this process's idea of the Redis clock is wrong.
  await context.synchroniseClock();
  throw new OutcomeUnknownError(
    `the ${request.kind} of schedule "${scheduleId}" was on its way for over ${SEND_WINDOW_MS} ms; ` +
      `an earlier copy of it may have been accepted`,
    { details: { scheduleId } },
  );
}

export async function deleteSchedule(
  context: StoreContext,
  { scheduleId, operationId }: { scheduleId: string; operationId: string },
): Promise<{ outcome: "deleted" | "not-found" }> {
  const keys = context.keys.partitionOf(scheduleId);
  const reply = await context.scripts.run(
    remove,
    [
      keys.schedule(scheduleId),
      keys.scheduleRequests(scheduleId),
      keys.schedules,
      keys.schedulesUnderWay,
      keys.timers,
      keys.scheduleOperations(scheduleId),
    ],
    [scheduleId, operationId],
  );
  if (reply.outcome === "deleted" && reply.incarnation !== "") {
    const { incarnation } = reply;
    // Of no use any more, and small: those that stay because this process dies here do no harm.
    await context.ask((client) =>
      Promise.all(context.keys.partitions.map((each) => client.hdel(each.scheduleStarts, incarnation))),
    );
  }
  return { outcome: reply.outcome };
}

/** The first ids of every partition, merged as Redis sorts them: by bytes. */
export async function listSchedules(
  context: StoreContext,
  { after, limit }: { after: string; limit: number },
): Promise<readonly string[]> {
  const pages = await Promise.all(
    context.keys.partitions.map((keys) =>
      context.ask((client) =>
        client.zrangebylex(keys.schedules, after === "" ? "-" : `(${after}`, "+", "LIMIT", 0, limit),
      ),
    ),
  );
  return pages
    .flat()
    .sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
    .slice(0, limit);
}
