import { createHash, randomUUID } from "node:crypto";
import type { AccessStore } from "@heddle/core";
import { ERROR_CATALOGUE, HeddleError, InvalidArgumentError } from "@heddle/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { toPlainJson, type PlainJson } from "../json/plain-json.js";

/** As long as a key in a body may be. */
const LONGEST_KEY = 117;
const LIFETIME_MS = 24 * 60 * 60 * 1_000;

export const idempotencyKeyHeader = z.looseObject({
  "idempotency-key": z
    .string()
    .min(1)
    .max(LONGEST_KEY)
    // Node reads header bytes as Latin-1, so a key beyond ASCII would become another key than the same one in a body.
    .regex(/^[\x20-\x7e]*$/, "holds characters beyond ASCII; send the key as a body field")
    .optional()
    .describe(
      "Names this call, quotes included: a repetition gets the same answer and does nothing; another body is refused (422)",
    ),
});

/**
 * What the key of a call does.
 * - a field of the body: it takes the place of this id, by which the call itself knows a repetition.
 * - `operation`: it becomes the operation id of the call, by which it knows a repetition, unless the call has one already.
 * - `once`: the call knows no repetition; one that was answered is answered again from the note of the key.
 * - `nothing` here: the call only reads, or what it brings has an id of its sender's, or the route itself heeds the key.
 */
type Effect = { readonly field: string } | "operation" | "once" | "nothing";

const EFFECTS: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ["startWorkflow", { field: "idempotencyKey" }],
  ["startOrSignal", { field: "idempotencyKey" }],
  ["startWithUpdate", { field: "idempotencyKey" }],
  ["signalWorkflow", { field: "signalId" }],
  ["updateWorkflow", { field: "updateId" }],
  ...["resetWorkflow", "retryWorkflow", "forkWorkflow", "setWorkflowAttributes"].map(
    (operation) => [operation, "operation"] as const,
  ),
  ...["completeActivity", "failActivity", "completeActivityByReference", "failActivityByReference"].map(
    (operation) => [operation, "operation"] as const,
  ),
  ["cancelWorkflow", "once"],
  ["terminateWorkflow", "once"],
  ["suspendWorkflow", "once"],
  ["resumeWorkflow", "once"],
  ["queryWorkflow", "nothing"],
  ["ingestEvents", "nothing"],
  ...[
    "acceptStartBatch",
    "acceptSignalBatch",
    "redriveDeadLetter",
    "redriveDeadLetters",
    "deleteDeadLetter",
  ].map((operation) => [operation, "nothing"] as const),
  ...["create", "update", "pause", "resume", "trigger", "backfill", "delete"].map(
    (verb) => [`${verb}Schedule`, "nothing"] as const,
  ),
  ["heartbeatActivity", "nothing"],
  ["heartbeatActivityByReference", "nothing"],
  ["receiveWebhook", "nothing"],
]);

interface KeyUse {
  readonly use: string;
  readonly claimId: string;
  readonly isFirst: boolean;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** A route of a plugin that knows a repetition by the key itself. */
    heedsIdempotencyKey?: boolean;
  }
  interface FastifyRequest {
    /** The use of the idempotency key in the header that this request claimed. */
    keyUse: KeyUse | undefined;
  }
}

/**
 * Compares the body of a call that has a key in its header with that of the first call with this key, and refuses keys
 * that would be ignored. Reuse of a key of a call that was refused, so that nothing happened, is allowed.
 */
export function rememberIdempotencyKeys(
  app: FastifyInstance,
  store: Pick<AccessStore, "claimIdempotencyKey" | "settleIdempotencyKey">,
): void {
  app.decorateRequest("keyUse", undefined);
  // Not async: nearly every call is without a key, and would pay for the promises.
  app.addHook("preHandler", (request, reply, done) => {
    const key = request.headers["idempotency-key"];
    if (key === undefined || request.method === "GET" || request.method === "HEAD") done();
    else claim(store, String(key), request, reply).then((isAnswered) => isAnswered || done(), done);
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    if (request.keyUse === undefined) done();
    else void settle(store, request.keyUse, request, reply).then(() => done(null, payload));
  });
}

/** Claims the key for the call. Resolves to whether that answered it; rejects with why the key is refused. */
async function claim(
  store: Pick<AccessStore, "claimIdempotencyKey">,
  key: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const operation = request.routeOptions.schema?.operationId ?? "";
  const effect =
    request.routeOptions.config.heedsIdempotencyKey === true ? "nothing" : EFFECTS.get(operation);
  if (effect === undefined) {
    throw new InvalidArgumentError(
      `${operation} takes no Idempotency-Key, so a repetition would be done again; send it without, and with an operationId where it has that field`,
      { details: { field: "idempotency-key" } },
    );
  }
  if (effect === "nothing") return false;
  const field = typeof effect === "object" ? effect.field : undefined;
  if (field !== undefined) assertOneId(key, field, request.body);
  const use = digestOf([operation, toPlainJson(request.params), key]);
  const claimId = randomUUID();
  // Without the id that the key stands for, so that it may be sent as a field besides.
  const said = Object.entries(request.body as object).filter(([name]) => name !== field);
  const fingerprint = digestOf(sorted(toPlainJson(Object.fromEntries(said))));
  const outcome = await store.claimIdempotencyKey({ use, claimId, fingerprint, lifetimeMs: LIFETIME_MS });
  if (outcome === "other-use") {
    throw new HeddleError(
      "IDEMPOTENCY_KEY_REUSED",
      "the Idempotency-Key was used for a call with another body in the last 24 hours; take a new key for another call",
      { details: { field: "idempotency-key" } },
    );
  }
  if (outcome === "answered") {
    const { id } = request.params as { id: string };
    await reply.code(202).send({ id });
    return true;
  }
  request.keyUse = { use, claimId, isFirst: outcome === "first" };
  if (effect === "operation") {
    (request.body as { operationId?: string | undefined }).operationId ??= operationIdOfKey(request);
  }
  return false;
}

/** Lets go of the key of a call that was refused, and notes that one was answered. Never rejects. */
async function settle(
  store: Pick<AccessStore, "settleIdempotencyKey">,
  { use, claimId, isFirst }: KeyUse,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const note = async (end: "answered" | "refused"): Promise<void> => {
    try {
      await store.settleIdempotencyKey({ use, claimId: end === "refused" ? claimId : undefined, end });
    } catch (err) {
      request.log.warn(
        { requestId: request.id, err },
        "an idempotency key is not settled; a repetition is done again",
      );
    }
  };
  if (isFirst && isRefused(request)) await note("refused");
  else if (reply.statusCode < 300 && isDoneOnce(request)) await note("answered");
}

function isDoneOnce({ routeOptions }: FastifyRequest): boolean {
  return EFFECTS.get(routeOptions.schema?.operationId ?? "") === "once";
}

/** Nothing happened, and its caller is told so. */
function isRefused({ refusedWith }: FastifyRequest): boolean {
  return refusedWith !== undefined && ERROR_CATALOGUE[refusedWith].outcome === "refused";
}

function assertOneId(key: unknown, field: string, body: unknown): void {
  const inBody = (body as Readonly<Record<string, unknown>>)[field];
  if (inBody === undefined || inBody === key) return;
  throw new InvalidArgumentError(
    `the header Idempotency-Key and the field ${field} differ; send one, or the same in both`,
    { details: { field } },
  );
}

interface Keyed {
  readonly headers: { readonly "idempotency-key"?: string | undefined };
}

/** The one id of a call, whether it came as the header or as a field of the body; that they agree is checked before. */
export function idOfKey(request: Keyed, inBody: string | undefined): string | undefined {
  return inBody ?? request.headers["idempotency-key"];
}

/** For a call that has no id but its operation's: always the same for the same use of a key. */
export function operationIdOfKey({ keyUse }: FastifyRequest): string | undefined {
  if (keyUse === undefined) return undefined;
  return Buffer.from(keyUse.use, "base64url").subarray(0, 16).toString("base64url");
}

function digestOf(value: PlainJson): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url");
}

/** With the keys of each object in order, which means nothing in JSON. */
function sorted(value: PlainJson): PlainJson {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([name, part]) => [name, sorted(part)]));
}
