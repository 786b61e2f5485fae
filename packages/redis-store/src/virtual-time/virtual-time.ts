import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import type { TimerRef } from "@heddle/core";
import type { RedisClient } from "../connection.js";
import { parseTimerMember } from "../keys.js";
import { definedScripts, defineScript, type Script } from "../script.js";
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
  /** `gone`: it was settled in this moment. */
  readonly state: "scheduled" | "started" | "backing-off" | "gone";
}

/** The time by which processes live, whatever that of the workflows is. */
const BY_THE_SERVERS_CLOCK = new Set(["acquire-lease", "renew-lease", "announce-coordinator", "move-clock"]);
const virtualRedis = readFileSync(new URL("./virtual-redis.lua", import.meta.url), "utf8");

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
        pending: reply.at(3).items.map((member) => parseTimerMember(member.text)),
      };
    },
  },
  import.meta.url,
);

/** The clock in the key; begins at `startAtMs`, or now, unless the namespace has one already. */
export class VirtualClock {
  private ms = 0;
  private readonly variants = new Map<string, { body: string; sha: string }>();

  private constructor(private readonly key: string) {}

  static async open(client: RedisClient, key: string, startAtMs?: number): Promise<VirtualClock> {
    const [seconds] = await client.time();
    await client.set(key, Math.ceil(startAtMs ?? Number(seconds) * 1_000), "NX");
    const clock = new VirtualClock(key);
    await clock.synchroniseAgain(client);
    // No call is sent twice, then, so calls are answered in the order in which they were made.
    await Promise.all(definedScripts.map((script) => client.script("LOAD", clock.variantOf(script).body)));
    return clock;
  }

  nowMs(): number {
    return this.ms;
  }

  async synchroniseAgain(client: RedisClient): Promise<void> {
    this.ms = Math.max(this.ms, Number(await client.get(this.key)));
  }

  /** The production text of a script behind a `redis` whose time is this clock's. */
  readonly variantOf = (script: Script<unknown>): { readonly body: string; readonly sha: string } => {
    if (BY_THE_SERVERS_CLOCK.has(script.name)) return script;
    let variant = this.variants.get(script.name);
    if (variant === undefined) {
      const [shebang, ...rest] = script.body.split("\n");
      const body = [shebang, `local CLOCK = ${JSON.stringify(this.key)}`, virtualRedis, ...rest].join("\n");
      variant = { body, sha: createHash("sha1").update(body).digest("hex") };
      this.variants.set(script.name, variant);
    }
    return variant;
  };

  async moveTo(context: StoreContext, toMs: number): Promise<void> {
    const leases = context.keys.partitions.map(({ lease }) => lease);
    this.ms = await context.scripts.run(move, [this.key, ...leases], [Math.ceil(toMs)]);
  }
}

async function lookAtWork(context: StoreContext): Promise<WorkInStore> {
  const keys = context.keys.partitions.flatMap(({ inbox, timers }) => [inbox, timers]);
  const { pending, ...rest } = await context.scripts.run(look, keys);
  return { ...rest, activities: await Promise.all(pending.map((timer) => readActivity(context, timer))) };
}

async function readActivity(context: StoreContext, timer: TimerRef): Promise<ActivityAtHand> {
  const key = context.keys.partitionOf(timer.workflowId).activity(timer.runId, timer.seq);
  const [state, attempt, name] = await context.ask((client) => client.hmget(key, "state", "attempt", "name"));
  const { workflowId, runId, seq } = timer;
  return {
    ...{ workflowId, runId, seq, attempt: Number(attempt), name: name ?? "" },
    state: (state ?? "gone") as ActivityAtHand["state"],
  };
}

export function virtualTimeOf(context: StoreContext): VirtualTime | undefined {
  const { virtualClock } = context;
  if (virtualClock === undefined) return undefined;
  return {
    nowMs: () => virtualClock.nowMs(),
    moveTo: (toMs) => virtualClock.moveTo(context, toMs),
    look: () => lookAtWork(context),
  };
}
