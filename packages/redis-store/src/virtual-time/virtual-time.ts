import type { TimerRef } from "@heddle/core";
import { parseTimerMember } from "../keys.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

/**
 * A clock of the namespace's own, for tests: it stands still until it is moved. It is what scripts call the time and
 * what the ids of accepted events carry. Leases and the list of live coordinators stay with the server's clock:
 * processes live in real time, and no lease may expire because the clock was moved.
 */
export interface VirtualTime {
  /** Epoch ms, as this store knows it. */
  nowMs(): number;
  /** Moves the clock to that time, never back, and wakes the owners. What became due is not processed yet. */
  moveTo(toMs: number): Promise<void>;
  look(): Promise<WorkInStore>;
}

/** What a namespace has to do, by what Redis holds. */
export interface WorkInStore {
  /** Accepted events that no turn has taken. */
  readonly unprocessed: number;
  readonly nextDueMs: number | undefined;
  readonly activities: readonly ActivityAtHand[];
}

export interface ActivityAtHand {
  readonly workflowId: string;
  readonly runId: string;
  readonly seq: number;
  readonly attempt: number;
  readonly name: string;
  /** `moving`: it ended or began to back off in this moment. */
  readonly state: "scheduled" | "started" | "backing-off" | "moving";
}

const move = defineScript(
  {
    name: "move-clock",
    keys: ["clock", "…leases"],
    args: ["toMs"],
    parse: (reply) => {
      if (reply.tag !== "moved") throw reply.unexpected();
      return reply.at(1).number;
    },
  },
  import.meta.url,
);

const look = defineScript(
  {
    name: "look-at-work",
    keys: ["…partitions"],
    args: [],
    parse: (reply) => {
      if (reply.tag !== "work") throw reply.unexpected();
      return {
        unprocessed: reply.at(1).number,
        nextDueMs: reply.at(2).optionalNumber,
        pending: reply
          .at(3)
          .items.flatMap((member, index, items) =>
            index % 2 === 0
              ? { timer: parseTimerMember(member.text), due: items[index + 1]?.text ?? "" }
              : [],
          ),
      };
    },
  },
  import.meta.url,
);

async function lookAtWork(context: StoreContext): Promise<WorkInStore> {
  const keys = context.keys.partitions.flatMap(({ inbox, timers }) => [inbox, timers]);
  const { pending, ...rest } = await context.scripts.run(look, keys);
  return { ...rest, activities: await Promise.all(pending.map((each) => readActivity(context, each))) };
}

async function readActivity(
  context: StoreContext,
  { timer, due }: { readonly timer: TimerRef; readonly due: string },
): Promise<ActivityAtHand> {
  const key = context.keys.partitionOf(timer.workflowId).activity(timer.runId, timer.seq);
  const [state, attempt, name, retryAtMs] = await context.ask((client) =>
    client.hmget(key, "state", "attempt", "name", "retryAtMs"),
  );
  // It is read after the due times: a retry that they do not have was decided in between.
  const isMoving = state == null || (state === "backing-off" && retryAtMs !== due);
  const { workflowId, runId, seq } = timer;
  return {
    ...{ workflowId, runId, seq, attempt: Number(attempt), name: name ?? "" },
    state: isMoving ? "moving" : (state as ActivityAtHand["state"]),
  };
}

export function virtualTimeOf(context: StoreContext): VirtualTime | undefined {
  const { virtualClock } = context;
  if (virtualClock === undefined) return undefined;
  return {
    nowMs: () => virtualClock.nowMs(),
    moveTo: async (toMs) => {
      const leases = context.keys.partitions.map(({ lease }) => lease);
      const keys = [context.keys.virtualTime, ...leases];
      virtualClock.noteMoved(await context.scripts.run(move, keys, [Math.ceil(toMs)]));
    },
    look: () => lookAtWork(context),
  };
}
