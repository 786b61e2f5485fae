import type { CoordinatorListener } from "@heddle/core";
import { packMessage, queryMessage, unpackMessage } from "../messages.js";
import type { StoreContext } from "../store-context.js";
import type { Subscriptions } from "../subscriptions.js";

/** Receives wake-ups and queries for one coordinator and sends its answers back. */
export async function listen(
  context: StoreContext,
  subscriptions: Subscriptions,
  coordinatorId: string,
  listener: CoordinatorListener,
): Promise<{ stop(): Promise<void> }> {
  const { membershipChannel, limitChannel } = context.keys;
  const wakeChannel = context.keys.wakeChannel(coordinatorId);
  const queryChannel = context.keys.queryChannel(coordinatorId);
  await subscriptions.subscribe(wakeChannel, (data) => listener.wake(Number(data.toString("utf8"))));
  await subscriptions.subscribe(membershipChannel, (data) => {
    if (data.toString("utf8") !== coordinatorId) listener.coordinatorLeft();
  });
  await subscriptions.subscribe(queryChannel, (data) => void answer(context, listener, data));
  await subscriptions.subscribe(limitChannel, (data) => listener.limitHasRoom?.(data.toString("utf8")));
  const forget = subscriptions.onReconnect(() => listener.reconnected());
  return {
    stop: async () => {
      forget();
      await subscriptions.unsubscribe(wakeChannel);
      await subscriptions.unsubscribe(queryChannel);
      await subscriptions.unsubscribe(membershipChannel);
      await subscriptions.unsubscribe(limitChannel);
    },
  };
}

async function answer(context: StoreContext, listener: CoordinatorListener, data: Buffer): Promise<void> {
  const message = queryMessage.safeParse(unpackMessage(data));
  if (!message.success) return;
  const { requestId, replyTo, workflowId, name, input } = message.data;
  try {
    const reply = await listener.query({ workflowId, name, input });
    await context.client.publish(replyTo, packMessage({ kind: "answer", requestId, reply: mutable(reply) }));
  } catch {
    // Not the owner any more, or Redis is away: the caller asks again until its deadline.
  }
}

function mutable(reply: Awaited<ReturnType<CoordinatorListener["query"]>>) {
  return reply.outcome === "no-such-query" ? { ...reply, known: [...reply.known] } : reply;
}
