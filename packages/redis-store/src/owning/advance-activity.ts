import type { ActivityStep, Lease, LeaseLost, OutboxEntry, StoredActivity, TimerRef } from "@heddle/core";
import { encodePayload } from "@heddle/protocol";
import { ACTIVITY_FIELDS, parseStoredActivity } from "../activities/stored-activity.js";
import { timerMember } from "../keys.js";
import { freeSlot, slotIn, type Slot } from "../limits/limits.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { leaseKeys } from "./lease.js";
import { LEASE_LOST } from "./replies.js";

type Reply =
  | { readonly outcome: "done" | "skipped"; readonly slot?: Slot | undefined }
  | { readonly outcome: "ticket"; readonly entryId: string; readonly attempt: number }
  | LeaseLost;

const script = defineScript<Reply>(
  {
    name: "advance-activity",
    keys: ["lease", "inbox", "timers", "outbox", "activity", "header"],
    args: [
      "nonce",
      "step",
      "member",
      "workflowId",
      "runId",
      "seq",
      "attempt",
      "token",
      "dueMs",
      "newToken",
      "data",
      "delayMs",
      "workerLost",
    ],
    parse: (reply) => {
      switch (reply.tag) {
        case "done":
          return { outcome: "done", slot: slotIn(reply, 1) };
        case "skipped":
          return { outcome: "skipped" };
        case "ticket":
          return { outcome: "ticket", entryId: reply.at(1).text, attempt: reply.at(2).number };
        case "lease-lost":
          return LEASE_LOST;
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

export async function readActivities(
  context: StoreContext,
  lease: Lease,
  timers: readonly TimerRef[],
): Promise<readonly (StoredActivity | undefined)[]> {
  const keys = leaseKeys(context, lease.partition);
  return Promise.all(
    timers.map(async ({ workflowId, runId, seq }) => {
      const key = keys.activity(runId, seq);
      const values = await context.ask((client) => client.hmgetBuffer(key, ...ACTIVITY_FIELDS));
      return parseStoredActivity({ workflowId, runId, seq }, values);
    }),
  );
}

/** Returns the tickets that are to be relayed. */
export async function advanceActivities(
  context: StoreContext,
  lease: Lease,
  steps: readonly ActivityStep[],
): Promise<readonly OutboxEntry[] | LeaseLost> {
  const replies = await Promise.all(steps.map((step) => advance(context, lease, step)));
  const slots = replies.map((reply) => (reply.outcome === "done" ? reply.slot : undefined));
  await Promise.all(slots.filter((slot) => slot !== undefined).map((slot) => freeSlot(context, slot)));
  if (replies.some((reply) => reply.outcome === "lease-lost")) return LEASE_LOST;
  return replies.flatMap((reply, index) => {
    const step = steps[index];
    if (reply.outcome !== "ticket" || step === undefined || !("queue" in step)) return [];
    const token = step.step === "dispatch" ? step.token : step.ticket.token;
    return [
      {
        entryId: reply.entryId,
        queue: step.queue,
        ticket: { ...step.ticket, attempt: reply.attempt, token },
      },
    ];
  });
}

function advance(context: StoreContext, lease: Lease, step: ActivityStep): Promise<Reply> {
  const keys = leaseKeys(context, lease.partition);
  const { workflowId, runId, seq, attempt, token } = step.ticket;
  return context.scripts.run(
    script,
    [keys.lease, keys.inbox, keys.timers, keys.outbox, keys.activity(runId, seq), keys.header(workflowId)],
    [
      lease.nonce,
      step.step,
      timerMember({ kind: "activity", seq, runId, workflowId }),
      workflowId,
      runId,
      seq,
      attempt,
      token,
      "dueMs" in step ? step.dueMs : "",
      step.step === "dispatch" ? step.token : "",
      step.step === "time-out" ? encodePayload(step.failure) : "",
      step.step === "time-out" ? (step.retryDelayMs ?? "") : "",
      step.step === "time-out" && step.workerLost === true ? 1 : "",
    ],
  );
}
