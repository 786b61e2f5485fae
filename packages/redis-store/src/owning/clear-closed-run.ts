import type { ClearRequest, Done, Lease, LeaseLost, TimerRef } from "@heddle/core";
import { timerMember } from "../keys.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { leaseKeys } from "./lease.js";
import { parseDone } from "./replies.js";

const script = defineScript(
  {
    name: "clear-closed-run",
    keys: ["lease", "timers", "header", "…activities"],
    args: ["nonce", "runId", "purgeMember", "retentionMs", "…members"],
    parse: parseDone,
  },
  import.meta.url,
);

export function clearClosedRun(
  context: StoreContext,
  lease: Lease,
  request: ClearRequest,
): Promise<Done | LeaseLost> {
  const { workflowId, runId, activities, timers } = request;
  const keys = leaseKeys(context, lease.partition);
  const member = (kind: TimerRef["kind"]) => (seq: number) => timerMember({ kind, seq, runId, workflowId });
  return context.scripts.run(
    script,
    [keys.lease, keys.timers, keys.header(workflowId), ...activities.map((seq) => keys.activity(runId, seq))],
    [
      lease.nonce,
      runId,
      member("purge")(0),
      request.retentionMs,
      ...activities.map(member("activity")),
      ...timers.map(member("timer")),
      member("start")(0),
      member("deadline")(0),
    ],
  );
}
