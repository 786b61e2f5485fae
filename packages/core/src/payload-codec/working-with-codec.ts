import type { ActivityStore, ClaimedActivity, ClaimReply, Settlement } from "../store/activity-store.js";
import type { SealedPayloads } from "./sealed-payloads.js";

/** How long a ticket stays away whose input a worker cannot read: another one may. */
export const UNREADABLE_DELAY_MS = 5_000;

/** The calls of a worker that carry payloads. An attempt whose input cannot be opened is given back, uncounted. */
export function workingWithCodec(
  store: ActivityStore,
  payloads: SealedPayloads,
): Omit<ActivityStore, "handOver"> {
  return {
    claim: async (request): Promise<ClaimReply> => {
      const reply = await store.claim(request);
      if (reply.outcome !== "go") return reply;
      try {
        return { outcome: "go", activity: openClaimed(reply.activity, payloads) };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const settlement = { outcome: "returned", reason, delayMs: UNREADABLE_DELAY_MS } as const;
        await store.settle({ ticket: request.ticket, settlement });
        return { outcome: "stale" };
      }
    },
    heartbeat: (request) =>
      store.heartbeat({
        ...request,
        ...(request.details && { details: payloads.seal(request.details) }),
      }),
    settle: ({ ticket, settlement }) =>
      store.settle({ ticket, settlement: sealSettlement(settlement, payloads) }),
  };
}

function openClaimed(activity: ClaimedActivity, payloads: SealedPayloads): ClaimedActivity {
  const { heartbeatDetails } = activity;
  return {
    ...activity,
    input: payloads.open(activity.input),
    ...(heartbeatDetails && { heartbeatDetails: payloads.open(heartbeatDetails) }),
  };
}

function sealSettlement(settlement: Settlement, payloads: SealedPayloads): Settlement {
  switch (settlement.outcome) {
    case "completed":
      return { ...settlement, result: payloads.seal(settlement.result) };
    case "failed":
    case "retry":
      return { ...settlement, failure: payloads.sealFailure(settlement.failure) };
    case "returned":
      return settlement;
  }
}
