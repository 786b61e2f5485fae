import { setTimeout as pause } from "node:timers/promises";
import { activity } from "heddle";
import { noteEffect } from "./effects-file.js";

export interface Order {
  readonly orderId: string;
  readonly amount: number;
  /** How long the payment service takes, ms. Default 0, at most a minute. */
  readonly chargeTakesMs?: number;
}

const reserveStock = activity({
  name: "reserveStock",
  async execute({ orderId }: Order, context) {
    await noteEffect("reserved", orderId, context);
  },
});

const chargeCard = activity({
  name: "chargeCard",
  async execute({ orderId, amount, chargeTakesMs = 0 }: Order, context) {
    await pause(Math.min(chargeTakesMs, 60_000), undefined, { signal: context.signal });
    // A real payment service gets `context.idempotencyKey`, so that a second attempt is no second charge.
    await noteEffect(`charged ${amount.toFixed(2)}`, orderId, context);
    return `receipt-${orderId}`;
  },
});

const shipOrder = activity({
  name: "shipOrder",
  async execute({ orderId }: Order, context) {
    await noteEffect("shipped", orderId, context);
    return `parcel-${orderId}`;
  },
});

const cancelOrder = activity({
  name: "cancelOrder",
  async execute({ orderId }: Order, context) {
    await noteEffect("cancelled", orderId, context);
  },
});

export const orderActivities = { reserveStock, chargeCard, shipOrder, cancelOrder };
