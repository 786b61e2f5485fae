// Limits of activities: see docs/redis-data-model.md. A slot is held by an attempt for as long as the record of its
// activity names it; whoever ends an attempt frees its slot at once, and what is missed so is found by looking.
import { randomBytes } from "node:crypto";
import type { ActivityTicket, QueuedTicket } from "@heddle/core";
import { activityLimitsSchema, type ActivityLimits } from "@heddle/protocol";
import { z } from "zod";
import { defineScript, type ScriptReply } from "../script.js";
import type { StoreContext } from "../store-context.js";

/** How long a slot is good for the claim that it was taken for. */
const CLAIM_WITHIN_MS = 5_000;
/** Of a slot that was never used: by how much the clocks of two servers of a cluster may differ. */
const CLOCK_MARGIN_MS = 1_000;
/** How often slots are compared with the activities that hold them while tickets wait. */
const LOOK_EVERY_MS = 1_000;
const MOST_OFFERED = 100;
/** Limits looked at in one go. */
const MOST_LIMITS = 100;
/** Slots compared at a time. */
const SLICE = 200;

/** A slot of a limit, as the record of its activity names it. */
export interface Slot {
  /** JSON, as stored with the activity. */
  readonly limits: string;
  readonly slot: string;
}

const ticketSchema = z.object({
  workflowId: z.string(),
  runId: z.string(),
  seq: z.number(),
  attempt: z.number(),
  token: z.string(),
});
const queuedTicketSchema = z.object({ queue: z.string(), ticket: ticketSchema });

const take = defineScript<{ readonly claimByMs: number } | undefined>(
  {
    name: "take-slot",
    keys: ["limit", "slots", "window", "waiting", "watched"],
    args: [
      ...["key", "concurrency", "rate", "periodMs", "slot", "holder", "claimWithinMs", "ticket"],
      "lookAfterMs",
    ],
    parse: (reply) => {
      if (reply.tag === "full") return undefined;
      if (reply.tag !== "taken") throw reply.unexpected();
      return { claimByMs: reply.at(1).number };
    },
  },
  import.meta.url,
);

const free = defineScript<void>(
  {
    name: "free-slot",
    keys: ["slots", "window", "waiting", "watched"],
    args: ["key", "slot", "wasUnused", "channel"],
    parse: (reply) => {
      if (reply.tag !== "freed" && reply.tag !== "none") throw reply.unexpected();
    },
  },
  import.meta.url,
);

const offer = defineScript<readonly QueuedTicket[]>(
  {
    name: "offer-tickets",
    keys: ["limit", "slots", "window", "waiting", "watched"],
    args: ["key", "most", "lookAfterMs"],
    parse: (reply) => {
      if (reply.tag !== "offered") throw reply.unexpected();
      return reply.items.slice(1).map((item) => queuedTicketSchema.parse(JSON.parse(item.text)));
    },
  },
  import.meta.url,
);

/** A slot for the claim of this ticket, or `undefined`: then the ticket waits until it is offered again. */
export async function takeSlot(
  context: StoreContext,
  { queue, ticket, limits }: QueuedTicket & { readonly limits: string },
): Promise<(Slot & { readonly claimByMs: number }) | undefined> {
  const { key, concurrency = "", rate } = parseLimits(limits);
  const slot = randomBytes(9).toString("base64url");
  const taken = await context.scripts.run(take, limitKeys(context, key), [
    ...[key, concurrency, rate?.limit ?? "", rate?.periodMs ?? "", slot, JSON.stringify(plain(ticket))],
    ...[CLAIM_WITHIN_MS, waitingMember({ queue, ticket }), LOOK_EVERY_MS],
  ]);
  return taken === undefined ? undefined : { limits, slot, ...taken };
}

/** Frees a slot, as far as Redis can be reached: what stays is found when somebody waits for it. */
export async function freeSlot(
  context: StoreContext,
  { limits, slot }: Slot,
  { wasUnused = false }: { readonly wasUnused?: boolean } = {},
): Promise<void> {
  const { key, concurrency } = parseLimits(limits);
  // An attempt that began stays counted by its rate.
  if (concurrency === undefined && !wasUnused) return;
  await freeSlotOf(context, key, slot, wasUnused).catch(() => undefined);
}

/** Limits to look at now, and how long to wait for the next one. */
export async function limitsDue(
  context: StoreContext,
): Promise<{ readonly keys: readonly string[]; readonly nextInMs: number }> {
  const nowMs = context.redisNowMs();
  const found = await context.ask((client) =>
    client.zrangebyscore(context.keys.watchedLimits, "-inf", "+inf", "WITHSCORES", "LIMIT", 0, MOST_LIMITS),
  );
  const keys: string[] = [];
  for (let index = 0; index < found.length; index += 2) {
    const [key = "", dueMs] = found.slice(index, index + 2);
    if (Number(dueMs) > nowMs) return { keys, nextInMs: Math.min(LOOK_EVERY_MS, Number(dueMs) - nowMs) };
    keys.push(key);
  }
  return { keys, nextInMs: LOOK_EVERY_MS };
}

/** Frees slots whose attempts have ended, or never began: their worker died, or the workflow withdrew them. */
export async function freeEndedSlots(context: StoreContext, key: string): Promise<void> {
  const held = await context.ask((client) => client.hgetall(context.keys.limitSlots(key)));
  const slots = Object.entries(held);
  for (let from = 0; from < slots.length; from += SLICE) {
    await Promise.all(
      slots.slice(from, from + SLICE).map(async ([slot, text]) => {
        const state = await stateOf(context, slot, text);
        if (state !== "held") await freeSlotOf(context, key, slot, state === "unused");
      }),
    );
  }
}

/** Tickets that may try again. They wait until they have a slot, so whoever loses them does no harm. */
export async function offerTickets(context: StoreContext, key: string): Promise<readonly QueuedTicket[]> {
  const offered: QueuedTicket[] = [];
  for (;;) {
    const tickets = await nextOffer(context, key);
    const isPending = await Promise.all(tickets.map(({ ticket }) => isDispatched(context, ticket)));
    offered.push(...tickets.filter((_, index) => isPending[index]));
    // Their workflow has withdrawn them, or is over: others have their room.
    const stale = tickets.filter((_, index) => isPending[index] === false);
    if (stale.length === 0) return offered;
    const waiting = context.keys.limitWaiting(key);
    await context.ask((client) => client.zrem(waiting, ...stale.map(waitingMember)));
  }
}

function nextOffer(context: StoreContext, key: string): Promise<readonly QueuedTicket[]> {
  return context.scripts.run(offer, limitKeys(context, key), [key, MOST_OFFERED, LOOK_EVERY_MS]);
}

/** Whether the ticket is still that of its activity. */
async function isDispatched(
  context: StoreContext,
  { workflowId, runId, seq, token }: ActivityTicket,
): Promise<boolean> {
  const key = context.keys.partitionOf(workflowId).activity(runId, seq);
  return (await context.ask((client) => client.hget(key, "token"))) === token;
}

/** The slot that a reply names behind its tag, when the attempt that it ended held one. */
export function slotIn(reply: ScriptReply, index: number): Slot | undefined {
  if (reply.length <= index + 1 || reply.at(index).isNil || reply.at(index + 1).isNil) return undefined;
  return { limits: reply.at(index).text, slot: reply.at(index + 1).text };
}

function parseLimits(text: string): ActivityLimits {
  return activityLimitsSchema.parse(JSON.parse(text));
}

async function stateOf(
  context: StoreContext,
  slot: string,
  stored: string,
): Promise<"held" | "ended" | "unused"> {
  const [, claimByMs = "0", holder = "{}"] = /^(\d+) (.*)$/su.exec(stored) ?? [];
  const { workflowId, runId, seq, token } = ticketSchema.parse(JSON.parse(holder));
  const key = context.keys.partitionOf(workflowId).activity(runId, seq);
  const [currentToken, currentSlot] = await context.ask((client) => client.hmget(key, "token", "slot"));
  // A token never comes back, so no claim can use the slot any more.
  if (currentToken !== token) return "ended";
  if (currentSlot === slot) return "held";
  return context.redisNowMs() > Number(claimByMs) + CLOCK_MARGIN_MS ? "unused" : "held";
}

async function freeSlotOf(
  context: StoreContext,
  key: string,
  slot: string,
  wasUnused: boolean,
): Promise<void> {
  await context.scripts.run(free, limitKeys(context, key).slice(1), [
    key,
    slot,
    wasUnused ? 1 : 0,
    context.keys.limitChannel,
  ]);
}

function waitingMember({ queue, ticket }: QueuedTicket): string {
  return JSON.stringify({ queue, ticket: plain(ticket) });
}

/** In a fixed order, because the text is compared. */
function plain({ workflowId, runId, seq, attempt, token }: ActivityTicket): ActivityTicket {
  return { workflowId, runId, seq, attempt, token };
}

function limitKeys({ keys }: StoreContext, key: string): string[] {
  return [
    ...[keys.limit(key), keys.limitSlots(key), keys.limitWindow(key), keys.limitWaiting(key)],
    keys.watchedLimits,
  ];
}
