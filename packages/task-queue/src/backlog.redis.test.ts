import { createLogger } from "@heddle/telemetry";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { createTaskQueue } from "./bull-task-queue.js";
import { newTicket } from "./fixtures/tickets.js";

test.each([
  { server: "a standalone Redis", connection: () => ({ url: inject("redisUrl") }) },
  { server: "a cluster", connection: () => ({ cluster: inject("clusterNodes") }) },
])("on $server a backlog tells what waits, since when, and what is under way", async ({ connection }) => {
  const log = createLogger({ name: "test", level: "silent" });
  const queue = createTaskQueue({ namespace: randomNamespace("backlog"), connection: connection(), log });
  onTestFinished(() => queue.close());
  expect(await queue.backlog("mail")).toEqual({ waiting: 0, active: 0, oldestWaitingAtMs: undefined });

  const before = Date.now();
  await queue.enqueue("mail", [newTicket(1)]);
  const between = Date.now();
  await waitFor(() => Date.now() > between, { description: "the clock has moved on" });
  await queue.enqueue("mail", [newTicket(2), newTicket(3)]);
  const { oldestWaitingAtMs = 0, ...counts } = await queue.backlog("mail");
  expect(counts).toEqual({ waiting: 3, active: 0 });
  expect(oldestWaitingAtMs).toBeGreaterThanOrEqual(before);
  expect(oldestWaitingAtMs).toBeLessThanOrEqual(between);

  let letGo: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  queue.consume("mail", { concurrency: 2 }, () => gate);
  const sees = (waiting: number, active: number) => async () => {
    const seen = await queue.backlog("mail");
    return seen.waiting === waiting && seen.active === active && seen;
  };
  const busy = await waitFor(sees(1, 2), { description: "two tickets are under way" });
  expect(busy.oldestWaitingAtMs).toBeGreaterThan(between);
  letGo();
  await waitFor(sees(0, 0), { description: "the queue is empty" });
});
