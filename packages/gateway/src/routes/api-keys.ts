import type { AccessStore, ApiKey } from "@heddle/core";
import { ApiKeyNotFoundError, durationMs, InvalidArgumentError, ROLES } from "@heddle/protocol";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { freshApiKey } from "../access/api-key.js";
import type { GatewayApp } from "../gateway-app.js";
import { jsonReply, PROBLEMS } from "./replies.js";

const DEFAULT_OVERLAP = "1 day";

const duration = z.union([z.number(), z.string()]);
const newKey = z
  .strictObject({
    label: z
      .string()
      .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u, "must hold visible characters only, and at least one")
      .max(100)
      .describe("Who uses it, for people"),
    role: z.enum(ROLES).describe("What it may do; docs/security.md has the table of roles"),
    expiresAfter: duration.optional().describe('Milliseconds or text such as "90 days"; without it never'),
    requestsPerSecond: z
      .number()
      .min(0.001)
      .max(1_000_000)
      .optional()
      .describe("Over all gateways; without it the limit of the gateway"),
    requestsPerDay: z.int().min(1).optional().describe("Quota of a day (UTC); without it there is none"),
  })
  .meta({ id: "NewApiKey" });

const rotation = z
  .strictObject({
    overlap: duration
      .optional()
      .describe(`How long the old key still works: milliseconds or text. Without it: ${DEFAULT_OVERLAP}`),
  })
  .meta({ id: "RotateApiKey" });
const emptyBody = z.strictObject({}).meta({ id: "RevokeApiKey" });

const keyPath = z.object({ id: z.string().describe("Id of the key: what stands between its underscores") });

const keyFields = {
  id: z.string(),
  label: z.string(),
  role: z.enum(ROLES),
  state: z.enum(["active", "expired", "revoked"]),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  expiresAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
  requestsPerSecond: z.number().optional(),
  requestsPerDay: z.number().optional(),
};
const listedKey = z.object(keyFields).meta({ id: "ApiKey" });
const createdKey = z
  .object({ ...keyFields, key: z.string().describe("The key itself. It is shown here and never again") })
  .meta({ id: "CreatedApiKey" });
const keyList = z.object({ items: z.array(listedKey) }).meta({ id: "ApiKeyList" });

/** Create, list, rotate and revoke the API keys of the namespace. For admins. */
export function apiKeys(api: GatewayApp, store: AccessStore): void {
  api.post(
    "/keys",
    {
      schema: {
        operationId: "createApiKey",
        summary: "Create an API key",
        tags: ["access"],
        body: newKey,
        response: { 201: jsonReply("The key; keep it now", createdKey), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { label, role, expiresAfter, ...limits } = request.body;
      const { key, ...digest } = freshApiKey();
      const created = await store.createApiKey({
        ...digest,
        label,
        role,
        ...limits,
        createdBy: nameOf(request),
        lifetimeMs: lifetimeOf(expiresAfter),
      });
      return reply.code(201).send({ ...shown(created), key });
    },
  );

  api.get(
    "/keys",
    {
      schema: {
        operationId: "listApiKeys",
        summary: "List the API keys, newest first",
        description: "Expired and revoked keys are listed for about 30 days.",
        tags: ["access"],
        response: { 200: jsonReply("All keys, without what is secret", keyList), ...PROBLEMS },
      },
    },
    async () => ({ items: (await store.listApiKeys()).map(shown) }),
  );

  api.post(
    "/keys/:id/revoke",
    {
      schema: {
        operationId: "revokeApiKey",
        summary: "End an API key",
        description: "Every gateway refuses it within 5 s.",
        tags: ["access"],
        params: keyPath,
        body: emptyBody,
        response: { 200: jsonReply("Revoked, also when it already was", listedKey), ...PROBLEMS },
      },
    },
    async (request) => {
      const { id } = request.params;
      const revoked = await store.revokeApiKey(id);
      if (revoked === undefined) throw notFound(id);
      return shown(revoked);
    },
  );

  api.post(
    "/keys/:id/rotate",
    {
      schema: {
        operationId: "rotateApiKey",
        summary: "Replace an API key by a fresh one with the same rights",
        description: "Both work during the overlap. The new key lives as long as the old one was made for.",
        tags: ["access"],
        params: keyPath,
        body: rotation,
        response: { 201: jsonReply("The new key; keep it now", createdKey), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const overlapMs = durationMs(request.body.overlap ?? DEFAULT_OVERLAP, "overlap");
      const { key, ...digest } = freshApiKey();
      const successor = { ...digest, createdBy: nameOf(request) };
      const rotated = await store.rotateApiKey({ id, successor, overlapMs });
      switch (rotated.outcome) {
        case "rotated":
          return reply.code(201).send({ ...shown(rotated.successor), key });
        case "not-found":
          throw notFound(id);
        case "not-active":
          throw new ApiKeyNotFoundError(`the API key is ${rotated.state}; create a new one`, {
            details: { keyId: id, state: rotated.state },
          });
      }
    },
  );
}

function lifetimeOf(expiresAfter: string | number | undefined): number | undefined {
  if (expiresAfter === undefined) return undefined;
  const lifetimeMs = durationMs(expiresAfter, "expiresAfter");
  if (lifetimeMs > 0) return lifetimeMs;
  throw new InvalidArgumentError("expiresAfter is 0: the key would never work", {
    details: { field: "expiresAfter" },
  });
}

function notFound(id: string): ApiKeyNotFoundError {
  return new ApiKeyNotFoundError("there is no API key with this id; GET the list of keys", {
    details: { keyId: id.slice(0, 64) },
  });
}

function nameOf({ principal }: FastifyRequest): string {
  return principal?.name ?? "unknown";
}

function shown(key: ApiKey): z.infer<typeof listedKey> {
  const { id, label, role, state, createdBy, requestsPerSecond, requestsPerDay } = key;
  return {
    ...{ id, label, role, state, createdBy, requestsPerSecond, requestsPerDay },
    createdAt: new Date(key.createdAtMs).toISOString(),
    expiresAt: isoTime(key.expiresAtMs),
    revokedAt: isoTime(key.revokedAtMs),
  };
}

function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
