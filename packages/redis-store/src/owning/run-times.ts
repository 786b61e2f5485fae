import type { Done, Lease, LeaseLost, TimerRef } from "@heddle/core";
import { parseRunStatus } from "../accepting/replies.js";
import { timerMember } from "../keys.js";
import { readHeader } from "../reading/describe.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { leaseKeys } from "./lease.js";
import { allDone, parseDone } from "./replies.js";
import { actOnDueRuns } from "./timers.js";

const begin = defineScript(
  {
    name: "begin-delayed-runs",
    keys: ["lease", "inbox", "timers", "…headers"],
    args: ["nonce", "…timers"],
    parse: parseDone,
  },
  import.meta.url,
);

const timeOut = defineScript(
  {
    name: "time-out-run",
    keys: [
      ...["lease", "inbox", "timers", "held", "versions", "header", "history", "indexBefore", "indexAfter"],
      ...["messages", "children", "feed"],
    ],
    args: ["nonce", "member", "startMember", "workflowId", "runId", "expectedType", "expectedStatus"],
    parse: (reply) =>
      reply.tag === "changed"
        ? { outcome: "changed" as const, status: parseRunStatus(reply, 2), type: reply.at(3).text }
        : parseDone(reply),
  },
  import.meta.url,
);

export function beginDelayedRuns(
  context: StoreContext,
  lease: Lease,
  timers: readonly TimerRef[],
): Promise<Done | LeaseLost> {
  return actOnDueRuns(context, lease, begin, timers);
}

export async function timeOutRuns(
  context: StoreContext,
  lease: Lease,
  timers: readonly TimerRef[],
): Promise<Done | LeaseLost> {
  const replies = await Promise.all(timers.map((timer) => timeOutRun(context, lease, timer)));
  return allDone(replies);
}

async function timeOutRun(context: StoreContext, lease: Lease, timer: TimerRef): Promise<Done | LeaseLost> {
  const keys = leaseKeys(context, lease.partition);
  const { workflowId, runId } = timer;
  // A run that is gone or was replaced has no index to name; the script compares the run id and leaves it alone.
  const header = await readHeader(context, workflowId);
  let { type, status } = header ?? { type: "", status: "running" as const };
  // Each repetition means that the run moved between the two calls; nothing was written before the last one.
  for (;;) {
    const reply = await context.scripts.run(
      timeOut,
      [
        keys.lease,
        keys.inbox,
        keys.timers,
        keys.held,
        keys.versions,
        keys.header(workflowId),
        keys.history(workflowId),
        keys.index(type, status),
        keys.index(type, "timed-out"),
        keys.messages,
        keys.children(workflowId),
        keys.feed,
      ],
      [
        lease.nonce,
        timerMember(timer),
        timerMember({ ...timer, kind: "start" }),
        workflowId,
        runId,
        type,
        status,
      ],
    );
    if (reply.outcome !== "changed") return reply;
    ({ type, status } = reply);
  }
}
