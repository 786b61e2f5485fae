import type { Role } from "@heddle/protocol";

/** What is known of an API key; never the key itself. */
export interface ApiKey {
  /** Public part of the key, by which it is looked up and named in lists and logs. */
  readonly id: string;
  readonly label: string;
  readonly role: Role;
  /** Who created it, as the audit log writes it. */
  readonly createdBy: string;
  readonly createdAtMs: number;
  /** Overrides the gateway's own limit. */
  readonly requestsPerSecond: number | undefined;
  /** Quota of a day (UTC); without it there is none. */
  readonly requestsPerDay: number | undefined;
  readonly expiresAtMs: number | undefined;
  readonly revokedAtMs: number | undefined;
  /** By the clock of the store. */
  readonly state: "active" | "expired" | "revoked";
}

export interface StoredApiKey extends ApiKey {
  /** SHA-256 of the whole key, in hexadecimal digits. */
  readonly sha256: string;
}

export interface NewApiKey {
  readonly id: string;
  readonly sha256: string;
  readonly label: string;
  readonly role: Role;
  readonly createdBy: string;
  readonly requestsPerSecond?: number | undefined;
  readonly requestsPerDay?: number | undefined;
  /** From now, by the clock of the store; without it the key does not expire. */
  readonly lifetimeMs?: number | undefined;
}

export interface RotateApiKey {
  readonly id: string;
  readonly successor: Pick<NewApiKey, "id" | "sha256" | "createdBy" | "lifetimeMs">;
  /** How long the old key still works beside its successor; it never lives longer than it would have. */
  readonly overlapMs: number;
}

export type RotateReply =
  | { readonly outcome: "rotated"; readonly successor: ApiKey; readonly previous: ApiKey }
  | { readonly outcome: "not-found" }
  | { readonly outcome: "not-active"; readonly state: "expired" | "revoked" };

export interface TokenRequest {
  /** Whose bucket: each subject of a namespace has one, shared by all gateways. */
  readonly subject: string;
  readonly perSecond: number;
  /** Most tokens that a rested bucket holds. */
  readonly burst: number;
  /** Takes up to so many at once. */
  readonly wanted: number;
}

export type TokenReply =
  | { readonly outcome: "granted"; readonly tokens: number }
  | { readonly outcome: "refused"; readonly retryAfterMs: number };

export interface AuditEntry {
  readonly id: string;
  /** The entry as it was appended: JSON text. */
  readonly entry: string;
  /** Digest over this entry and the chain of the entry before it. */
  readonly chain: string;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** Continues behind the last entry; undefined on the last page. */
  readonly cursor: string | undefined;
  /** Entries whose chain does not follow from the entry before: altered, or one before it was removed. */
  readonly broken: readonly string[];
}

/** Use of an idempotency key, which a digest names, and which call claims it. */
export interface IdempotencyKeyClaim {
  readonly use: string;
  /** Fresh; makes claiming safe to repeat. */
  readonly claimId: string;
}

/** `again`: the call was made before, and may still be under way. `answered`: it was, and needs not be made again. */
export type IdempotencyKeyReply = "first" | "again" | "answered" | "other-use";

/** What gateways of one namespace share about who may call them. Rejects as `AcceptingStore` says. */
export interface AccessStore {
  readonly namespace: string;
  /** The id must be fresh; repeating a creation with the same id and digest changes nothing. */
  createApiKey(key: NewApiKey): Promise<ApiKey>;
  findApiKey(id: string): Promise<StoredApiKey | undefined>;
  /** Newest first; dead keys are kept for 30 days. */
  listApiKeys(): Promise<readonly ApiKey[]>;
  /** Repeating it changes nothing; undefined when there is no such key. */
  revokeApiKey(id: string): Promise<ApiKey | undefined>;
  /** One atomic step: the successor exists and the end of the old key is set, or neither. */
  rotateApiKey(request: RotateApiKey): Promise<RotateReply>;
  takeTokens(request: TokenRequest): Promise<TokenReply>;
  /** Counts one request of today (UTC). */
  useQuota(request: { subject: string; perDay: number }): Promise<TokenReply>;
  /** Appends JSON texts in order; a batch with a known id is not appended again. */
  appendAudit(batch: { id: string; entries: readonly string[]; keep: number }): Promise<void>;
  /** Notes what a key is used for. */
  claimIdempotencyKey(
    claim: IdempotencyKeyClaim & { readonly fingerprint: string; readonly lifetimeMs: number },
  ): Promise<IdempotencyKeyReply>;
  /** `refused` lets go of the key, if it is still that claim's. */
  settleIdempotencyKey(end: {
    readonly use: string;
    readonly claimId?: string | undefined;
    readonly end: "answered" | "refused";
  }): Promise<void>;
  readAudit(page: { limit: number; cursor?: string | undefined }): Promise<AuditPage>;
}
