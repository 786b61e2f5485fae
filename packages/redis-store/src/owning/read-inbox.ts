import type { InboxPage, Lease, LeaseLost } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { leaseKeys } from "./lease.js";
import { LEASE_LOST, parseDone, parseInboxEntries, parseNews } from "./replies.js";

const read = defineScript<InboxPage | LeaseLost>(
  {
    name: "read-inbox",
    keys: ["lease", "inbox", "timers"],
    args: ["nonce", "after", "limit"],
    parse: (reply) =>
      reply.tag === "lease-lost"
        ? LEASE_LOST
        : { ...parseNews(reply), entries: parseInboxEntries(reply.at(4)) },
  },
  import.meta.url,
);

const discard = defineScript(
  { name: "discard-entries", keys: ["lease", "inbox"], args: ["nonce", "…entries"], parse: parseDone },
  import.meta.url,
);

export function readInbox(
  context: StoreContext,
  lease: Lease,
  page: { after: string; limit: number },
): Promise<InboxPage | LeaseLost> {
  const keys = leaseKeys(context, lease.partition);
  return context.scripts.run(
    read,
    [keys.lease, keys.inbox, keys.timers],
    [lease.nonce, page.after, page.limit],
  );
}

export function discardEntries(context: StoreContext, lease: Lease, entryIds: readonly string[]) {
  const keys = leaseKeys(context, lease.partition);
  return context.scripts.run(discard, [keys.lease, keys.inbox], [lease.nonce, ...entryIds]);
}

export async function entriesPresent(
  context: StoreContext,
  lease: Lease,
  entryIds: readonly string[],
): Promise<readonly string[]> {
  const { inbox } = leaseKeys(context, lease.partition);
  const found = await Promise.all(
    entryIds.map((id) => context.ask((client) => client.xrange(inbox, id, id))),
  );
  return entryIds.filter((_id, index) => (found[index]?.length ?? 0) > 0);
}
