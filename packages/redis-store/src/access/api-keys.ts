import type { ApiKey, NewApiKey, RotateApiKey, RotateReply, StoredApiKey } from "@heddle/core";
import { CorruptRecordError, InvalidArgumentError, ROLES } from "@heddle/protocol";
import { z } from "zod";
import { defineScript, type ScriptReply } from "../script.js";
import type { StoreContext } from "../store-context.js";

const KEEP_DEAD_MS = 30 * 24 * 3_600_000;

const recordSchema = z.object({
  version: z.literal(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  label: z.string(),
  role: z.enum(ROLES),
  createdBy: z.string(),
  requestsPerSecond: z.number().optional(),
  requestsPerDay: z.number().optional(),
  lifetimeMs: z.number().optional(),
});

const create = defineScript<StoredApiKey | undefined>(
  {
    name: "create-api-key",
    keys: ["apiKeys"],
    args: ["id", "record", "lifetimeMs", "keepDeadMs"],
    parse: (reply) => (reply.tag === "taken" ? undefined : keyReply(reply)),
  },
  import.meta.url,
);

const revoke = defineScript<StoredApiKey | undefined>(
  {
    name: "revoke-api-key",
    keys: ["apiKeys"],
    args: ["id"],
    parse: (reply) => (reply.tag === "not-found" ? undefined : keyReply(reply)),
  },
  import.meta.url,
);

const rotate = defineScript<RotateReply>(
  {
    name: "rotate-api-key",
    keys: ["apiKeys"],
    args: ["id", "successorId", "record", "lifetimeMs", "overlapMs"],
    parse: (reply) => {
      switch (reply.tag) {
        case "rotated":
          return {
            outcome: "rotated",
            successor: withoutDigest(parseKey(texts(reply.at(1)))),
            previous: withoutDigest(parseKey(texts(reply.at(2)))),
          };
        case "not-found":
          return { outcome: "not-found" };
        case "expired":
        case "revoked":
          return { outcome: "not-active", state: reply.tag };
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

export async function createApiKey(context: StoreContext, key: NewApiKey): Promise<ApiKey> {
  const { id, lifetimeMs = "" } = key;
  const created = await context.scripts.run(
    create,
    [context.keys.apiKeys],
    [id, recordOf(key), lifetimeMs, KEEP_DEAD_MS],
  );
  if (created === undefined) throw new InvalidArgumentError(`there is an API key ${id} already`);
  return withoutDigest(created);
}

export async function findApiKey(context: StoreContext, id: string): Promise<StoredApiKey | undefined> {
  if (!isKeyId(id)) return undefined;
  const values = await context.ask((client) =>
    client.hmget(context.keys.apiKeys, id, `${id}:createdAtMs`, `${id}:expiresAtMs`, `${id}:revokedAtMs`),
  );
  if (typeof values[0] !== "string") return undefined;
  return parseKey([id, ...values.map((value) => value ?? ""), String(context.redisNowMs())]);
}

export async function listApiKeys(context: StoreContext): Promise<ApiKey[]> {
  const fields = await context.ask((client) => client.hgetall(context.keys.apiKeys));
  const nowMs = String(context.redisNowMs());
  const at = (id: string, what: string): string => fields[`${id}:${what}`] ?? "";
  return Object.entries(fields)
    .filter(([field]) => isKeyId(field))
    .map(([id, record]) =>
      withoutDigest(
        parseKey([id, record, at(id, "createdAtMs"), at(id, "expiresAtMs"), at(id, "revokedAtMs"), nowMs]),
      ),
    )
    .sort((left, right) => right.createdAtMs - left.createdAtMs || (left.id < right.id ? -1 : 1));
}

export async function revokeApiKey(context: StoreContext, id: string): Promise<ApiKey | undefined> {
  if (!isKeyId(id)) return undefined;
  const key = await context.scripts.run(revoke, [context.keys.apiKeys], [id]);
  return key && withoutDigest(key);
}

export async function rotateApiKey(context: StoreContext, request: RotateApiKey): Promise<RotateReply> {
  const { id, successor, overlapMs } = request;
  if (!isKeyId(id)) return { outcome: "not-found" };
  const stored = await context.ask((client) => client.hget(context.keys.apiKeys, id));
  if (stored === null) return { outcome: "not-found" };
  // What a record says never changes, so it may be read before the step.
  const { label, role, requestsPerSecond, requestsPerDay, lifetimeMs: previousMs } = parseRecord(id, stored);
  const { lifetimeMs = previousMs } = successor;
  const record = recordOf({ ...successor, label, role, requestsPerSecond, requestsPerDay, lifetimeMs });
  return context.scripts.run(
    rotate,
    [context.keys.apiKeys],
    [id, successor.id, record, lifetimeMs ?? "", overlapMs],
  );
}

/** Fields behind a colon are times of the key before it. */
function isKeyId(field: string): boolean {
  return !field.includes(":");
}

function recordOf(key: NewApiKey): string {
  const { sha256, label, role, createdBy, requestsPerSecond, requestsPerDay, lifetimeMs } = key;
  return JSON.stringify({
    version: 1,
    sha256,
    label,
    role,
    createdBy,
    requestsPerSecond,
    requestsPerDay,
    lifetimeMs,
  } satisfies z.input<typeof recordSchema>);
}

function keyReply(reply: ScriptReply): StoredApiKey {
  if (reply.tag !== "key") throw reply.unexpected();
  return parseKey(texts(reply).slice(1));
}

function texts(reply: ScriptReply): string[] {
  return reply.items.map((item) => item.text);
}

/** Id, record, and creation, expiry, revocation and now in epoch ms. */
function parseKey(values: readonly string[]): StoredApiKey {
  const [id = "", record = "", createdAt, expiresAt, revokedAt, now] = values;
  const { sha256, label, role, createdBy, requestsPerSecond, requestsPerDay } = parseRecord(id, record);
  const expiresAtMs = optionalNumber(expiresAt);
  const revokedAtMs = optionalNumber(revokedAt);
  const isExpired = expiresAtMs !== undefined && expiresAtMs <= Number(now);
  return {
    id,
    sha256,
    label,
    role,
    createdBy,
    requestsPerSecond,
    requestsPerDay,
    createdAtMs: Number(createdAt),
    expiresAtMs,
    revokedAtMs,
    state: revokedAtMs !== undefined ? "revoked" : isExpired ? "expired" : "active",
  };
}

function parseRecord(id: string, record: string): z.output<typeof recordSchema> {
  try {
    return recordSchema.parse(JSON.parse(record));
  } catch (cause) {
    throw new CorruptRecordError(`the stored API key ${id} cannot be read`, { cause });
  }
}

function optionalNumber(text: string | undefined): number | undefined {
  return text === undefined || text === "" ? undefined : Number(text);
}

function withoutDigest({ sha256: _sha256, ...key }: StoredApiKey): ApiKey {
  return key;
}
