import { activities, approvalSignal, doneSignal, phaseQuery, workflows } from "@heddle/examples";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { Engine } from "heddle";
import { beforeEach, expect, inject, onTestFinished, test } from "vitest";

let engine: Engine<typeof workflows>;

beforeEach(async () => {
  engine = await Engine.create({
    url: inject("redisUrl"),
    namespace: randomNamespace("examples"),
    workflows,
    activities,
  });
  onTestFinished(() => engine.shutdown());
});

async function waitingOrder(decideWithin?: string) {
  const order = { orderId: "7", amount: 42, ...(decideWithin === undefined ? {} : { decideWithin }) };
  const handle = await engine.start("approval", order);
  if (decideWithin === undefined) {
    await waitFor(async () => (await handle.query(phaseQuery)) === "waiting for approval", {
      description: "the order waits for its approval",
    });
  }
  return handle;
}

test("an approved order is charged and shipped", async () => {
  const order = await waitingOrder();
  await order.signal(approvalSignal, { approved: true, by: "ada" });
  expect(await order.result()).toEqual({
    orderId: "7",
    status: "shipped",
    decidedBy: "ada",
    receipt: "receipt-7",
    trackingCode: "parcel-7",
  });
});

test("a refused order is cancelled and never charged", async () => {
  const order = await waitingOrder();
  await order.signal(approvalSignal, { approved: false, by: "bob" });
  expect(await order.result()).toEqual({ orderId: "7", status: "rejected", decidedBy: "bob" });
  const calls = (await order.history()).filter(({ kind }) => kind === "activity-scheduled");
  expect(calls.map(({ name }) => name)).toEqual(["reserveStock", "cancelOrder"]);
});

test("an order that nobody decides on is cancelled", async () => {
  const order = await waitingOrder("50ms");
  expect(await order.result()).toEqual({ orderId: "7", status: "expired" });
});

test("all suppliers are asked and the cheapest quote wins", async () => {
  const input = { article: "lamp", suppliers: ["north", "south", "west"] };
  const [first, again] = await Promise.all(
    [1, 2].map(async () => (await engine.start("supplier-quotes", input)).result()),
  );
  expect(first).toMatchObject({ asked: 3 });
  expect(first?.cheapest?.price).toBeGreaterThanOrEqual(10);
  expect(again).toEqual(first);
});

test("a reminder is sent until somebody says that it is done", async () => {
  const reminder = await engine.start("reminder", { text: "water the plants", every: "30ms", atMost: 1_000 });
  await waitFor(async () => (await reminder.history()).some(({ kind }) => kind === "activity-completed"), {
    description: "the first reminder was sent",
  });
  await reminder.signal(doneSignal, { by: "ada" });
  const { reminded, doneBy } = await reminder.result();
  expect(doneBy).toBe("ada");
  expect(reminded).toBeGreaterThanOrEqual(1);
});

test("reminding ends when nobody reacts", async () => {
  const reminder = await engine.start("reminder", { text: "water the plants", every: "10ms", atMost: 2 });
  expect(await reminder.result()).toEqual({ reminded: 2, doneBy: undefined });
});
