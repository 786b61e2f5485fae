import type { Done, DueTimers, Lease, LeaseLost, TimerRef } from "@heddle/core";
import { FORGET_RUN_KEYS, forgetRunKeys } from "../forget-run.js";
import { parseTimerMember, timerMember } from "../keys.js";
import { readHeader } from "../reading/describe.js";
import { defineScript, type Script } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { leaseKeys } from "./lease.js";
import { allDone, LEASE_LOST, parseDone, parseNews } from "./replies.js";

const due = defineScript<DueTimers | LeaseLost>(
  {
    name: "due-timers",
    keys: ["lease", "inbox", "timers"],
    args: ["nonce", "limit"],
    parse: (reply) =>
      reply.tag === "lease-lost"
        ? LEASE_LOST
        : { ...parseNews(reply), due: reply.at(4).items.map((member) => parseTimerMember(member.text)) },
  },
  import.meta.url,
);

const fire = defineScript(
  {
    name: "fire-timers",
    keys: ["lease", "inbox", "timers", "…headers"],
    args: ["nonce", "…timers"],
    parse: parseDone,
  },
  import.meta.url,
);

const purge = defineScript(
  {
    name: "purge-run",
    keys: ["lease", "timers", ...FORGET_RUN_KEYS],
    args: ["nonce", "member", "workflowId", "runId", "type", "status"],
    parse: parseDone,
  },
  import.meta.url,
);

export function dueTimers(
  context: StoreContext,
  lease: Lease,
  limit: number,
): Promise<DueTimers | LeaseLost> {
  const keys = leaseKeys(context, lease.partition);
  return context.scripts.run(due, [keys.lease, keys.inbox, keys.timers], [lease.nonce, limit]);
}

export function fireTimers(
  context: StoreContext,
  lease: Lease,
  timers: readonly TimerRef[],
): Promise<Done | LeaseLost> {
  return actOnDueRuns(context, lease, fire, timers);
}

/** Calls a script that is told of timers and the headers of their runs (`each-due-run.lua`). */
export function actOnDueRuns<Reply>(
  context: StoreContext,
  lease: Lease,
  script: Script<Reply>,
  timers: readonly TimerRef[],
): Promise<Reply> {
  const keys = leaseKeys(context, lease.partition);
  return context.scripts.run(
    script,
    [keys.lease, keys.inbox, keys.timers, ...timers.map((timer) => keys.header(timer.workflowId))],
    [
      lease.nonce,
      ...timers.flatMap((timer) => [timerMember(timer), timer.workflowId, timer.runId, timer.seq]),
    ],
  );
}

export async function purgeRuns(
  context: StoreContext,
  lease: Lease,
  timers: readonly TimerRef[],
): Promise<Done | LeaseLost> {
  const replies = await Promise.all(timers.map((timer) => purgeRun(context, lease, timer)));
  return allDone(replies);
}

async function purgeRun(context: StoreContext, lease: Lease, timer: TimerRef): Promise<Done | LeaseLost> {
  const keys = leaseKeys(context, lease.partition);
  const { workflowId, runId } = timer;
  // A run that is gone or was replaced has no index to name; the script compares the run id and leaves it alone.
  const { type, status } = (await readHeader(context, workflowId)) ?? {
    type: "",
    status: "completed" as const,
  };
  return context.scripts.run(
    purge,
    [keys.lease, keys.timers, ...forgetRunKeys(keys, { workflowId, type, status })],
    [lease.nonce, timerMember(timer), workflowId, runId, type, status],
  );
}
