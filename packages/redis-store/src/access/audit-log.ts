import { createHash } from "node:crypto";
import type { AuditEntry, AuditPage } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

/** Longer than a command can wait for a reconnect and be sent again. */
const REMEMBER_BATCH_MS = 60_000;

const script = defineScript<undefined>(
  {
    name: "append-audit",
    keys: ["audit", "auditBatches"],
    args: ["batchId", "keep", "rememberMs", "…entries"],
    parse: (reply) => {
      if (reply.tag !== "appended" && reply.tag !== "duplicate") throw reply.unexpected();
      return undefined;
    },
  },
  import.meta.url,
);

export async function appendAudit(
  context: StoreContext,
  batch: { id: string; entries: readonly string[]; keep: number },
): Promise<void> {
  const { audit, auditBatches } = context.keys;
  await context.scripts.run(
    script,
    [audit, auditBatches],
    [batch.id, batch.keep, REMEMBER_BATCH_MS, ...batch.entries],
  );
}

/** Throws `InvalidArgumentError` when the cursor is none that a page gave. */
export async function readAudit(
  context: StoreContext,
  page: { limit: number; cursor?: string | undefined },
): Promise<AuditPage> {
  const { limit, cursor } = page;
  if (cursor !== undefined && !/^\d{1,20}-\d{1,20}$/.test(cursor)) {
    throw new InvalidArgumentError("the cursor is none that a page of the audit log gave", {
      details: { field: "cursor" },
    });
  }
  const newest = cursor === undefined ? "+" : `(${cursor}`;
  // One more than asked for: it tells whether there is another page, and the last entry's chain is checked against it.
  const read = await context.ask((client) =>
    client.xrevrange(context.keys.audit, newest, "-", "COUNT", limit + 1),
  );
  const all: AuditEntry[] = read.map(([id, [, entry = "", , chain = ""]]) => ({ id, entry, chain }));
  const entries = all.slice(0, limit);
  return {
    entries,
    cursor: all.length > limit ? entries.at(-1)?.id : undefined,
    broken: entries.filter((each, index) => !followsFrom(each, all[index + 1])).map(({ id }) => id),
  };
}

/** The oldest entry that is left has nothing to be checked against. */
function followsFrom(entry: AuditEntry, before: AuditEntry | undefined): boolean {
  if (before === undefined) return true;
  return (
    createHash("sha1")
      .update(before.chain + entry.entry)
      .digest("hex") === entry.chain
  );
}
