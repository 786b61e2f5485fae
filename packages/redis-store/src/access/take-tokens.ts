import { createHash } from "node:crypto";
import type { TokenReply, TokenRequest } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<TokenReply>(
  {
    name: "take-tokens",
    keys: ["bucket"],
    args: ["perSecond", "burst", "wanted"],
    parse: (reply) => {
      switch (reply.tag) {
        case "granted":
          return { outcome: "granted", tokens: reply.at(1).number };
        case "refused":
          return { outcome: "refused", retryAfterMs: reply.at(1).number };
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

export function takeTokens(context: StoreContext, request: TokenRequest): Promise<TokenReply> {
  const { subject, perSecond, burst, wanted } = request;
  const bucket = context.keys.rateBucket(createHash("sha256").update(subject).digest("base64url"));
  return context.scripts.run(script, [bucket], [perSecond, burst, wanted]);
}
