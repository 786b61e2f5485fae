import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<number>(
  {
    name: "announce-coordinator",
    keys: ["coordinators"],
    args: ["coordinatorId", "ttlMs"],
    parse: (reply) => {
      if (reply.tag !== "live") throw reply.unexpected();
      return reply.at(1).number;
    },
  },
  import.meta.url,
);

export function announceCoordinator(
  context: StoreContext,
  request: { coordinatorId: string; ttlMs: number },
): Promise<number> {
  return context.scripts.run(script, [context.keys.coordinators], [request.coordinatorId, request.ttlMs]);
}

/** Leaves the count, and tells the others at once that partitions are free. */
export async function withdrawCoordinator(context: StoreContext, coordinatorId: string): Promise<void> {
  await context.ask((client) => client.zrem(context.keys.coordinators, coordinatorId));
  await context.ask((client) => client.publish(context.keys.membershipChannel, coordinatorId));
}
