import type { AccessStore } from "@heddle/core";
import type { StoreContext } from "../store-context.js";
import { createApiKey, findApiKey, listApiKeys, revokeApiKey, rotateApiKey } from "./api-keys.js";
import { appendAudit, readAudit } from "./audit-log.js";
import { claimIdempotencyKey, settleIdempotencyKey } from "./idempotency-keys.js";
import { takeTokens, useQuota } from "./request-limits.js";

export function accessStore(context: StoreContext, namespace: string): AccessStore {
  return {
    namespace,
    createApiKey: (key) => createApiKey(context, key),
    findApiKey: (id) => findApiKey(context, id),
    listApiKeys: () => listApiKeys(context),
    revokeApiKey: (id) => revokeApiKey(context, id),
    rotateApiKey: (request) => rotateApiKey(context, request),
    takeTokens: (request) => takeTokens(context, request),
    useQuota: (request) => useQuota(context, request),
    appendAudit: (batch) => appendAudit(context, batch),
    claimIdempotencyKey: (claim) => claimIdempotencyKey(context, claim),
    settleIdempotencyKey: (end) => settleIdempotencyKey(context, end),
    readAudit: (page) => readAudit(context, page),
  };
}
