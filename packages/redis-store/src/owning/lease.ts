import { randomBytes } from "node:crypto";
import type { AcquireReply, Lease, LeaseLost, PartitionNews } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { LEASE_LOST, parseDone, parseNews } from "./replies.js";

const acquire = defineScript<(request: { partition: number; nonce: string }) => AcquireReply>(
  {
    name: "acquire-lease",
    keys: ["lease"],
    args: ["nonce", "owner", "channel", "partition", "ttlMs"],
    parse:
      (reply) =>
      ({ partition, nonce }) => {
        switch (reply.tag) {
          case "acquired":
            return { outcome: "acquired", lease: { partition, nonce, epoch: reply.at(1).number } };
          case "held":
            return { outcome: "held", owner: reply.at(1).text, expiresInMs: reply.at(2).number };
          default:
            throw reply.unexpected();
        }
      },
  },
  import.meta.url,
);

const renew = defineScript<PartitionNews | LeaseLost>(
  {
    name: "renew-lease",
    keys: ["lease", "inbox", "timers"],
    args: ["nonce", "ttlMs"],
    parse: (reply) => (reply.tag === "lease-lost" ? LEASE_LOST : parseNews(reply)),
  },
  import.meta.url,
);

const release = defineScript(
  { name: "release-lease", keys: ["lease"], args: ["nonce"], parse: parseDone },
  import.meta.url,
);

export async function acquireLease(
  context: StoreContext,
  request: { partition: number; coordinatorId: string; ttlMs: number },
): Promise<AcquireReply> {
  const { partition, coordinatorId, ttlMs } = request;
  const nonce = randomBytes(16).toString("base64url");
  const channel = context.keys.wakeChannel(coordinatorId);
  const reply = await context.scripts.run(
    acquire,
    [leaseKeys(context, partition).lease],
    [nonce, coordinatorId, channel, partition, ttlMs],
  );
  return reply({ partition, nonce });
}

export async function renewLease(
  context: StoreContext,
  lease: Lease,
  ttlMs: number,
): Promise<PartitionNews | LeaseLost> {
  const keys = leaseKeys(context, lease.partition);
  const news = await context.scripts.run(renew, [keys.lease, keys.inbox, keys.timers], [lease.nonce, ttlMs]);
  // Leases live by the server's clock, which is not everywhere that of the workflows.
  if (news.outcome === "lease-lost" || context.virtualClock === undefined) return news;
  return { ...news, nowMs: context.virtualClock.nowMs() };
}

export async function releaseLease(context: StoreContext, lease: Lease): Promise<void> {
  await context.scripts.run(release, [leaseKeys(context, lease.partition).lease], [lease.nonce]);
}

export function leaseKeys(context: StoreContext, partition: number) {
  const keys = context.keys.partitions[partition];
  if (keys === undefined) throw new RangeError(`there is no partition ${partition}`);
  return keys;
}
