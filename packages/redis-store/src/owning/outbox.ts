import type { Lease, LeaseLost, OutboxEntry } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { leaseKeys } from "./lease.js";
import { LEASE_LOST, parseDone, parseOutboxEntries } from "./replies.js";

const read = defineScript<readonly OutboxEntry[] | LeaseLost>(
  {
    name: "read-outbox",
    keys: ["lease", "outbox"],
    args: ["nonce", "after", "limit"],
    parse: (reply) => {
      switch (reply.tag) {
        case "ok":
          return parseOutboxEntries(reply.at(1));
        case "lease-lost":
          return LEASE_LOST;
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

const done = defineScript(
  { name: "relay-done", keys: ["lease", "outbox"], args: ["nonce", "…entries"], parse: parseDone },
  import.meta.url,
);

export function readOutbox(
  context: StoreContext,
  lease: Lease,
  page: { after: string; limit: number },
): Promise<readonly OutboxEntry[] | LeaseLost> {
  const keys = leaseKeys(context, lease.partition);
  return context.scripts.run(read, [keys.lease, keys.outbox], [lease.nonce, page.after, page.limit]);
}

export function relayDone(context: StoreContext, lease: Lease, entryIds: readonly string[]) {
  const keys = leaseKeys(context, lease.partition);
  return context.scripts.run(done, [keys.lease, keys.outbox], [lease.nonce, ...entryIds]);
}
