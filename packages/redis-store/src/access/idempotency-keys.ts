import type { IdempotencyKeyClaim, IdempotencyKeyReply } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const claim = defineScript<IdempotencyKeyReply>(
  {
    name: "claim-idempotency-key",
    keys: ["use"],
    args: ["fingerprint", "claim", "lifetimeMs"],
    parse: (reply) => {
      const { tag } = reply;
      switch (tag) {
        case "first":
        case "again":
        case "answered":
        case "other-use":
          return tag;
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

const settle = defineScript<undefined>(
  {
    name: "settle-idempotency-key",
    keys: ["use"],
    args: ["claim", "end"],
    parse: (reply) => {
      if (reply.tag !== "settled" && reply.tag !== "gone") throw reply.unexpected();
      return undefined;
    },
  },
  import.meta.url,
);

export function claimIdempotencyKey(
  context: StoreContext,
  {
    use,
    fingerprint,
    claimId,
    lifetimeMs,
  }: IdempotencyKeyClaim & { fingerprint: string; lifetimeMs: number },
): Promise<IdempotencyKeyReply> {
  return context.scripts.run(claim, [context.keys.idempotencyKey(use)], [fingerprint, claimId, lifetimeMs]);
}

export async function settleIdempotencyKey(
  context: StoreContext,
  { use, claimId, end }: { use: string; claimId?: string | undefined; end: "answered" | "refused" },
): Promise<void> {
  await context.scripts.run(settle, [context.keys.idempotencyKey(use)], [claimId ?? "", end]);
}
