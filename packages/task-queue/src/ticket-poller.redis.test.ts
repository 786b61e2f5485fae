import type { ActivityTicket } from "@heddle/core";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { createTaskQueue } from "./bull-task-queue.js";
import { newTicket } from "./fixtures/tickets.js";

const log = createLogger({ name: "test", level: "silent" });

describe.each([
  { server: "a standalone Redis", connection: () => ({ url: inject("redisUrl") }) },
  { server: "a cluster", connection: () => ({ cluster: inject("clusterNodes") }) },
])("polling on $server", ({ connection }) => {
  function open(namespace = randomNamespace("polls")) {
    const queue = createTaskQueue({ namespace, connection: connection(), log });
    onTestFinished(() => queue.close());
    return queue;
  }
  const never = () => new AbortController().signal;

  /** What one poll takes. */
  async function polled(
    queue: ReturnType<typeof open>,
    demand: { count?: number; waitMs?: number; stop?: AbortSignal } = {},
  ): Promise<ActivityTicket[]> {
    const taken: ActivityTicket[] = [];
    await queue.take("orders", { count: 1, waitMs: 0, stop: never(), ...demand }, async (ticket) => {
      taken.push(ticket);
      return Promise.resolve(true);
    });
    return taken;
  }

  test("a poll gets what the queue has, in order, and not more than it asks for", async () => {
    const queue = open();
    expect(await polled(queue)).toEqual([]);
    const tickets = Array.from({ length: 30 }, (_, seq) => newTicket(seq));
    await queue.enqueue("orders", tickets);
    const first = await polled(queue, { count: 25 });
    const rest = await polled(queue, { count: 25, waitMs: 5_000 });
    expect([first.length, rest.length]).toEqual([25, 5]);
    expect([...first, ...rest].map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(
      tickets.map(({ seq }) => seq),
    );
    expect(await queue.backlog("orders")).toMatchObject({ waiting: 0, active: 0 });
  });

  test("a poll that waits gets a ticket as soon as there is one; its process has no part in it", async () => {
    const namespace = randomNamespace("polls");
    const [adding, polling] = [open(namespace), open(namespace)];
    const waiting = polled(polling, { waitMs: 20_000 });
    const ticket = newTicket();
    await adding.enqueue("orders", [ticket]);
    expect(await waiting).toEqual([ticket]);
  });

  test("of many who wait each gets another ticket", async () => {
    const namespace = randomNamespace("polls");
    const gateways = [open(namespace), open(namespace)] as const;
    const waiting = Array.from({ length: 20 }, (_, index) =>
      polled(gateways[index % 2 === 0 ? 0 : 1], { waitMs: 20_000 }),
    );
    await gateways[0].enqueue(
      "orders",
      Array.from({ length: 20 }, (_, seq) => newTicket(seq)),
    );
    const seqs = (await Promise.all(waiting)).flat().map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(20);
  });

  test("who stops waiting takes nothing, and what comes then is for the next one", async () => {
    const queue = open();
    const stopping = new AbortController();
    const stopped = polled(queue, { waitMs: 20_000, stop: stopping.signal });
    const timedOut = polled(queue, { waitMs: 10 });
    expect(await timedOut).toEqual([]);
    stopping.abort();
    expect(await stopped).toEqual([]);
    const ticket = newTicket();
    await queue.enqueue("orders", [ticket]);
    expect(await polled(queue, { waitMs: 20_000 })).toEqual([ticket]);
  });

  test("a ticket that was of no use does not count, one that could not be taken is put back", async () => {
    const queue = open();
    const tickets = [newTicket(1), newTicket(2)];
    await queue.enqueue("orders", tickets);
    const seen: ActivityTicket[] = [];
    await queue.take("orders", { count: 1, waitMs: 0, stop: never() }, (ticket) => {
      seen.push(ticket);
      return Promise.resolve(seen.length === 2);
    });
    expect(seen).toEqual(tickets);
    const [third] = [newTicket(3)];
    await queue.enqueue("orders", [third]);
    await expect(
      queue.take("orders", { count: 1, waitMs: 0, stop: never() }, () =>
        Promise.reject(new Error("no store")),
      ),
    ).rejects.toThrow("no store");
    expect(await polled(queue)).toEqual([third]);
  });

  test("a queue can be polled beside its consumers; each ticket goes to one of them", async () => {
    const queue = open();
    const tickets = Array.from({ length: 40 }, (_, seq) => newTicket(seq));
    const seen: number[] = [];
    queue.consume("orders", { concurrency: 1 }, (ticket) => Promise.resolve(void seen.push(ticket.seq)));
    await queue.enqueue("orders", tickets);
    await waitFor(
      async () => {
        seen.push(...(await polled(queue, { count: 5 })).map(({ seq }) => seq));
        return seen.length === 40;
      },
      { description: "all tickets are taken" },
    );
    expect(new Set(seen).size).toBe(40);
  });
});
