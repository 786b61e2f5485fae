import { setTimeout as delay } from "node:timers/promises";
import type { ActivityTicket } from "@heddle/core";
import { resolveActivityPolicy, type ActivityLimits } from "@heddle/protocol";
import { randomNamespace, waitFor } from "@heddle/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scheduledActivity } from "../testing/activities.js";
import { acquiredLease, freshId, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

describe.each(SERVERS)("limits of activities on $server", ({ connection }) => {
  async function open(limits: ActivityLimits) {
    const opened = await openTestStore(connection(), randomNamespace("limits"));
    const lease = await acquiredLease(opened);
    const policy = { ...resolveActivityPolicy(), limits };
    const ticket = async (): Promise<ActivityTicket> =>
      scheduledActivity(opened, lease, await startRun(opened), { policy });
    return { ...opened, opened, lease, ticket, slots: opened.keys.limitSlots(limits.key) };
  }
  const claim = ({ store }: TestStore, ticket: ActivityTicket, worker = freshId("worker")) =>
    store.claim({ ticket, worker, livenessMs: 30_000 });
  const complete = ({ store }: TestStore, ticket: ActivityTicket) =>
    store.settle({ ticket, settlement: { outcome: "completed", result: new Uint8Array([0xc0]) } });
  const two = { key: "charge", concurrency: 2 };

  test("as many attempts as allowed begin; the next one is parked, and offered when one has ended", async () => {
    const { opened, store, ticket } = await open(two);
    const tickets = [await ticket(), await ticket(), await ticket()] as const;
    expect((await claim(opened, tickets[0])).outcome).toBe("go");
    expect((await claim(opened, tickets[1])).outcome).toBe("go");
    expect(await claim(opened, tickets[2])).toEqual({ outcome: "parked" });
    expect(await store.offerTickets("charge")).toEqual([]);
    await complete(opened, tickets[0]);
    expect(await store.offerTickets("charge")).toEqual([{ queue: "payments", ticket: tickets[2] }]);
    expect((await claim(opened, tickets[2])).outcome).toBe("go");
    expect(await store.offerTickets("charge")).toEqual([]);
  });

  test("an offer that is lost is made again, behind those that were not offered", async () => {
    const { opened, store, ticket } = await open({ key: "charge", concurrency: 1 });
    const tickets = [await ticket(), await ticket(), await ticket()] as const;
    for (const each of tickets) await claim(opened, each);
    await complete(opened, tickets[0]);
    const offered = [...(await store.offerTickets("charge")), ...(await store.offerTickets("charge"))];
    expect(new Set(offered.map(({ ticket: { token } }) => token))).toEqual(
      new Set([tickets[1].token, tickets[2].token]),
    );
    expect(await store.offerTickets("charge")).toHaveLength(1);
  });

  test("the rate holds over any period, and is given back when the attempt was another's", async () => {
    const { opened, store, ticket } = await open({ key: "charge", rate: { limit: 2, periodMs: 700 } });
    const tickets = [await ticket(), await ticket(), await ticket()] as const;
    expect((await claim(opened, tickets[0], "worker-1")).outcome).toBe("go");
    expect(await claim(opened, tickets[0], "worker-2")).toEqual({ outcome: "stale" });
    expect((await claim(opened, tickets[1])).outcome).toBe("go");
    expect(await claim(opened, tickets[2])).toEqual({ outcome: "parked" });
    // Ending early makes no room: it has begun.
    await complete(opened, tickets[0]);
    expect(await store.offerTickets("charge")).toEqual([]);
    await waitFor(async () => (await store.offerTickets("charge")).length === 1, {
      description: "the period is over",
    });
    expect((await claim(opened, tickets[2])).outcome).toBe("go");
  });

  test("a repeated claim of the same worker takes no second slot", async () => {
    const { opened, redis, ticket, slots } = await open(two);
    const one = await ticket();
    for (let time = 0; time < 3; time++) expect((await claim(opened, one, "worker-1")).outcome).toBe("go");
    expect(await redis.hlen(slots)).toBe(1);
  });

  test.each<[string, (opened: TestStore, ticket: ActivityTicket) => Promise<unknown>]>([
    [
      "is tried again",
      ({ store }, ticket) =>
        store.settle({
          ticket,
          settlement: { outcome: "retry", failure: { name: "Error", message: "" }, delayMs: 9_000 },
        }),
    ],
    [
      "is given back",
      ({ store }, ticket) =>
        store.settle({ ticket, settlement: { outcome: "returned", reason: "", delayMs: 0 } }),
    ],
    [
      "is settled from outside",
      ({ store }, ticket) =>
        store.settleOpenActivity({
          activity: { workflowId: ticket.workflowId, ticket },
          operationId: freshId("operation"),
          mark: new Uint8Array(),
          settlement: { outcome: "completed", result: new Uint8Array([0xc0]) },
        }),
    ],
  ])("the slot of an attempt that %s is free at once", async (_how, end) => {
    const { opened, redis, ticket, slots } = await open(two);
    const one = await ticket();
    await claim(opened, one);
    expect(await redis.hlen(slots)).toBe(1);
    await end(opened, one);
    expect(await redis.hlen(slots)).toBe(0);
  });

  test("the slot of an attempt that times out is free at once", async () => {
    const { opened, store, lease, redis, ticket, slots } = await open(two);
    const one = await ticket();
    await claim(opened, one);
    const failure = { name: "ActivityTimedOutError", message: "" };
    await store.advanceActivities(lease, [{ step: "time-out", ticket: one, failure }]);
    expect(await redis.hlen(slots)).toBe(0);
  });

  test("a slot whose attempt has ended without a word is found, one that is held stays", async () => {
    const { opened, store, redis, partition, ticket, slots } = await open(two);
    const [gone, running] = [await ticket(), await ticket()];
    await claim(opened, gone);
    await claim(opened, running);
    await redis.del(partition.activity(gone.runId, gone.seq));
    await store.freeEndedSlots("charge");
    expect(await redis.hlen(slots)).toBe(1);
    await store.freeEndedSlots("charge");
    expect(await redis.hlen(slots)).toBe(1);
    await complete(opened, running);
    expect(await redis.hlen(slots)).toBe(0);
  });

  test("a slot that was taken by who died before the claim is free when no claim can use it any more", async () => {
    const { opened, store, redis, ticket, slots } = await open({ key: "charge", concurrency: 1 });
    const one = await ticket();
    const { workflowId, runId, seq, attempt, token } = one;
    const holder = JSON.stringify({ workflowId, runId, seq, attempt, token });
    await redis.hset(slots, "lost", `${Date.now() + 500} ${holder}`);
    expect(await claim(opened, one)).toEqual({ outcome: "parked" });
    await store.freeEndedSlots("charge");
    expect(await redis.hlen(slots)).toBe(1);
    await waitFor(
      async () => {
        await store.freeEndedSlots("charge");
        return (await redis.hlen(slots)) === 0;
      },
      { description: "the slot is free" },
    );
    expect((await claim(opened, one)).outcome).toBe("go");
  });

  test("whoever listens is told of room, and limits with waiting tickets are looked at in time", async () => {
    const { opened, store, ticket } = await open({ key: "charge", concurrency: 1 });
    const told: string[] = [];
    const ignore = () => undefined;
    const listening = await store.listen("coordinator-1", {
      ...{ wake: ignore, coordinatorLeft: ignore, reconnected: ignore },
      query: () => Promise.reject(new Error("not the owner")),
      limitHasRoom: (key) => told.push(key),
    });
    const [first, second] = [await ticket(), await ticket()];
    await claim(opened, first);
    expect(await store.limitsDue()).toEqual({ keys: [], nextInMs: 1_000 });
    await claim(opened, second);
    await waitFor(async () => (await store.limitsDue()).keys.includes("charge"), {
      description: "the limit is due",
    });
    await complete(opened, first);
    await waitFor(() => told.includes("charge"), { description: "the room is told" });
    await listening.stop();
  });

  test("tickets of workflows that are over wait no more, and take nobody's turn", async () => {
    const { opened, store, redis, keys, partition, ticket } = await open({ key: "charge", concurrency: 1 });
    const first = await ticket();
    await claim(opened, first);
    for (let index = 0; index < 5; index++) {
      const gone = await ticket();
      await claim(opened, gone);
      await redis.del(partition.activity(gone.runId, gone.seq));
    }
    const last = await ticket();
    await claim(opened, last);
    await complete(opened, first);
    expect(await store.offerTickets("charge")).toContainEqual({ queue: "payments", ticket: last });
    expect(await redis.zcard(keys.limitWaiting("charge"))).toBe(1);
  });

  test("nothing of it stays when nothing waits and nothing runs", async () => {
    const { opened, store, ticket, snapshot } = await open({
      ...two,
      concurrency: 1,
      rate: { limit: 5, periodMs: 100 },
    });
    const tickets = [await ticket(), await ticket()] as const;
    for (const each of tickets) await claim(opened, each);
    await complete(opened, tickets[0]);
    await waitFor(async () => (await claim(opened, tickets[1])).outcome === "go", { description: "room" });
    await complete(opened, tickets[1]);
    await store.offerTickets("charge");
    await delay(150); // the lifetime of the window
    const names = Object.keys(await snapshot());
    expect(names.filter((name) => name.includes("}:limit"))).toEqual([]);
  });

  test("whatever workers do at once, no more attempts run than allowed, and all of them get their turn", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          concurrency: fc.integer({ min: 1, max: 3 }),
          tickets: fc.integer({ min: 2, max: 8 }),
          workers: fc.integer({ min: 2, max: 6 }),
          seed: fc.integer(),
        }),
        async ({ concurrency, tickets: count, workers, seed }) => {
          const { opened, store, ticket } = await open({ key: "charge", concurrency });
          const queue: ActivityTicket[] = [];
          for (let index = 0; index < count; index++) queue.push(await ticket());
          let running = 0;
          let most = 0;
          let done = 0;
          let draw = seed;
          const random = () => ((draw = (Math.imul(draw, 1_103_515_245) + 12_345) | 0) >>> 16) & 3;
          const work = async () => {
            while (done < count) {
              const next = queue.splice(random() % Math.max(1, queue.length), 1)[0];
              if (next === undefined) {
                queue.push(...(await store.offerTickets("charge")).map((offered) => offered.ticket));
                await delay(1);
                continue;
              }
              // Now and then a ticket is delivered twice.
              if (random() === 0) queue.push(next);
              const reply = await claim(opened, next);
              if (reply.outcome !== "go") continue;
              most = Math.max(most, ++running);
              await delay(random());
              running--;
              done++;
              await complete(opened, next);
            }
          };
          await Promise.all(Array.from({ length: workers }, work));
          expect(most).toBeLessThanOrEqual(concurrency);
          expect(await opened.redis.hlen(opened.keys.limitSlots("charge"))).toBe(0);
        },
      ),
      { numRuns: 8 },
    );
  });
});
