import { createHash } from "node:crypto";
import type { TokenReply, TokenRequest } from "@heddle/core";
import { defineScript, type ScriptReply } from "../script.js";
import type { StoreContext } from "../store-context.js";

const take = defineScript<TokenReply>(
  { name: "take-tokens", keys: ["bucket"], args: ["perSecond", "burst", "wanted"], parse: parseTokens },
  import.meta.url,
);
const use = defineScript<TokenReply>(
  { name: "use-quota", keys: ["quota"], args: ["perDay"], parse: parseTokens },
  import.meta.url,
);

export function takeTokens(context: StoreContext, request: TokenRequest): Promise<TokenReply> {
  const { subject, perSecond, burst, wanted } = request;
  return context.scripts.run(take, [context.keys.rateBucket(digestOf(subject))], [perSecond, burst, wanted]);
}

export function useQuota(
  context: StoreContext,
  { subject, perDay }: { subject: string; perDay: number },
): Promise<TokenReply> {
  return context.scripts.run(use, [context.keys.quota(digestOf(subject))], [perDay]);
}

function digestOf(subject: string): string {
  return createHash("sha256").update(subject).digest("base64url");
}

function parseTokens(reply: ScriptReply): TokenReply {
  switch (reply.tag) {
    case "granted":
      return { outcome: "granted", tokens: reply.at(1).number };
    case "refused":
      return { outcome: "refused", retryAfterMs: reply.at(1).number };
    default:
      throw reply.unexpected();
  }
}
