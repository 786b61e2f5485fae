import { decodePayload } from "@heddle/protocol";
import type { IdSource } from "../id-source.js";
import type { ActivityStore, ActivityTicket } from "../store/activity-store.js";
import type { TicketSource } from "../task-queue.js";

/** An attempt that was handed out: open until its holder settles it from outside, or one of its timeouts passes. */
export interface PolledActivity {
  readonly ticket: ActivityTicket;
  readonly name: string;
  readonly input: unknown;
  /** By the Redis clock, epoch ms. */
  readonly claimedAtMs: number;
}

export interface Poll {
  readonly queue: string;
  /** Who asks, as `openActivities` tells it; need not be unique. */
  readonly worker: string;
  readonly count: number;
  /** How long to wait for the first one. */
  readonly waitMs: number;
  /** Takes no more once it is aborted. */
  readonly stop: AbortSignal;
}

/** Hands activities out to workers that poll, beside the workers that consume the same queues. */
export class ActivityPoller {
  constructor(
    private readonly store: Pick<ActivityStore, "claim" | "settle">,
    private readonly source: TicketSource,
    private readonly ids: Pick<IdSource, "randomId">,
  ) {}

  async poll({ queue, worker, ...demand }: Poll): Promise<PolledActivity[]> {
    const polled: PolledActivity[] = [];
    // Unique, so that a claim that is sent again is known as the same.
    const claimant = claimantOf(this.ids.randomId(), worker);
    await this.source.take(queue, demand, async (ticket) => {
      const reply = await this.store.claim({ ticket, worker: claimant });
      if (reply.outcome !== "go") return false;
      const { name, input, claimedAtMs } = reply.activity;
      polled.push({ ticket, name, input: decodePayload(input), claimedAtMs });
      return true;
    });
    return polled;
  }

  /** Back to its queue after `delayMs`, as if it had not been polled: nobody got it. */
  async giveBack({ ticket }: PolledActivity, reason: string, delayMs = 0): Promise<void> {
    await this.store.settle({ ticket, settlement: { outcome: "returned", reason, delayMs } });
  }
}

const CLAIMANT = /^poll:[^:]+:([^]*)$/u;

function claimantOf(id: string, worker: string): string {
  return `poll:${id}:${worker}`;
}

/** Who polled an activity, by what its claim says; the worker itself when it was not polled. */
export function pollerOf(claimant: string): string {
  return CLAIMANT.exec(claimant)?.[1] ?? claimant;
}
