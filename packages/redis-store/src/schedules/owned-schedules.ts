import type { Lease, LeaseLost, ScheduleAdvance, ScheduleRef, StoredSchedule } from "@heddle/core";
import { isClosedStatus, parseStatus, scheduleProgressCodec, scheduleSpecCodec } from "@heddle/protocol";
import { timerMember } from "../keys.js";
import { leaseKeys } from "../owning/lease.js";
import { LEASE_LOST } from "../owning/replies.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { parseStoredSchedule, parseUnderWayMember, underWayMember } from "./stored-schedule.js";

const take = defineScript<(scheduleId: string) => StoredSchedule | LeaseLost | undefined>(
  {
    name: "take-schedule",
    keys: ["lease", "schedule", "requests", "timers"],
    args: ["nonce", "member", "incarnation", "lookAgainMs"],
    parse: (reply) => {
      if (reply.tag === "lease-lost") return () => LEASE_LOST;
      return reply.tag === "gone" ? () => undefined : parseStoredSchedule(reply);
    },
  },
  import.meta.url,
);

const advance = defineScript<{ outcome: "advanced" | "changed" } | LeaseLost>(
  {
    name: "advance-schedule",
    keys: ["lease", "schedule", "requests", "underWay", "timers"],
    args: [
      ...["nonce", "member", "underWayMember", "incarnation", "expectedRevision"],
      ...["spec", "progress", "requestsDone", "dueMs", "isUnderWay"],
    ],
    parse: (reply) => {
      if (reply.tag === "lease-lost") return LEASE_LOST;
      if (reply.tag === "advanced" || reply.tag === "changed") return { outcome: reply.tag };
      throw reply.unexpected();
    },
  },
  import.meta.url,
);

export async function takeSchedule(
  context: StoreContext,
  lease: Lease,
  schedule: ScheduleRef & { readonly lookAgainMs: number },
): Promise<StoredSchedule | LeaseLost | undefined> {
  const keys = leaseKeys(context, lease.partition);
  const { scheduleId, incarnation, lookAgainMs } = schedule;
  const reply = await context.scripts.run(
    take,
    [keys.lease, keys.schedule(scheduleId), keys.scheduleRequests(scheduleId), keys.timers],
    [lease.nonce, scheduleMember(schedule), incarnation, lookAgainMs],
  );
  return reply(scheduleId);
}

export function advanceSchedule(context: StoreContext, lease: Lease, step: ScheduleAdvance) {
  const keys = leaseKeys(context, lease.partition);
  const { scheduleId } = step;
  return context.scripts.run(
    advance,
    [
      keys.lease,
      keys.schedule(scheduleId),
      keys.scheduleRequests(scheduleId),
      keys.schedulesUnderWay,
      keys.timers,
    ],
    [
      lease.nonce,
      scheduleMember(step),
      underWayMember(step),
      step.incarnation,
      step.expectedRevision,
      step.spec === undefined ? "" : scheduleSpecCodec.encode(step.spec),
      scheduleProgressCodec.encode(step.progress),
      step.requestsDone,
      step.dueMs ?? "",
      step.isUnderWay ? 1 : 0,
    ],
  );
}

export async function schedulesUnderWay(
  context: StoreContext,
  lease: Lease,
): Promise<readonly ScheduleRef[]> {
  const key = leaseKeys(context, lease.partition).schedulesUnderWay;
  return (await context.ask((client) => client.smembers(key))).map(parseUnderWayMember);
}

/** A run that continued as another goes on as that one. */
export async function isRunOpen(
  context: StoreContext,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<boolean> {
  const key = context.keys.partitionOf(workflowId).header(workflowId);
  const [currentRun, firstRun, status] = await context.ask((client) =>
    client.hmget(key, "runId", "firstRunId", "status"),
  );
  if (typeof status !== "string" || (currentRun !== runId && firstRun !== runId)) return false;
  return !isClosedStatus(parseStatus(status));
}

function scheduleMember({ scheduleId, incarnation }: ScheduleRef): string {
  return timerMember({ kind: "schedule", seq: 0, runId: incarnation, workflowId: scheduleId });
}
