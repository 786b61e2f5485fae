import type { AccessStore } from "@heddle/core";
import { UnauthenticatedError, type Role } from "@heddle/protocol";
import type { Logger } from "@heddle/telemetry";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AuditTrail } from "./audit-trail.js";
import { Authenticator, type Credentials } from "./authenticator.js";
import { FailedAttempts } from "./failed-attempts.js";
import { assertRole, permissionOf } from "./permissions.js";
import { RateLimiter } from "./rate-limiter.js";

export interface GatewayAccess {
  /** API keys, rates and the audit log of the namespace; a `RedisStore` has it as `access`. */
  readonly store: AccessStore;
  /**
   * What is taken beside the API keys of the store. `"none"` asks nobody who he is and lets everybody do everything:
   * for tests, and for a gateway that only its own machine can reach.
   */
  readonly credentials?: Credentials | "none" | undefined;
  /** Of each caller whose key has no limit of its own, over all gateways; 0 for no limit. Default 1,000. */
  readonly requestsPerSecond?: number | undefined;
  /** Of all callers of the namespace together, of which none gets more than half; 0, the default, for no limit. */
  readonly namespaceRequestsPerSecond?: number | undefined;
  /** About how many entries of the audit log can be read back; the process's log has all. Default 100,000. */
  readonly auditEntries?: number | undefined;
}

const DEFAULT_REQUESTS_PER_SECOND = 1_000;
const DEFAULT_AUDIT_ENTRIES = 100_000;
/** As long as an id may be; what a stranger puts in a path may be much longer, and is kept. */
const LONGEST_TEXT = 255;

/** For routes that identify their callers themselves. */
export interface CallerLimits {
  readonly failures: FailedAttempts;
  readonly limiter: RateLimiter;
  /** Undefined where nobody is asked who he is. */
  readonly identify: IdentifyByToken | undefined;
}

/** Finds out whose token it is that a caller sent in a body, as if it stood in his `authorization`. */
export type IdentifyByToken = (token: string, request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Guards the routes that are registered after it: each is called only by who may, not too often, and changes and
 * refusals are written to the audit log.
 */
export function guardRoutes(app: FastifyInstance, access: GatewayAccess, log: Logger): CallerLimits {
  const limiter = new RateLimiter(access.store, {
    perCaller: access.requestsPerSecond ?? DEFAULT_REQUESTS_PER_SECOND,
    perNamespace: access.namespaceRequestsPerSecond ?? 0,
  });
  const failures = new FailedAttempts();
  const { store, credentials = {} } = access;
  const gate =
    credentials === "none"
      ? undefined
      : { authenticator: new Authenticator(store, credentials, log), failures, limiter };
  refuseUnlistedOperations(app);
  identifyCallers(app, gate);
  writeAuditLog(app, access, log);
  const identifyByToken: IdentifyByToken | undefined =
    gate && ((token, request, reply) => identify({ ...gate, request, reply, authorization: bearer(token) }));
  return { failures, limiter, identify: identifyByToken };
}

function refuseUnlistedOperations(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => void permissionOf(route));
}

interface Gate {
  readonly authenticator: Authenticator;
  readonly failures: FailedAttempts;
  readonly limiter: RateLimiter;
}

/** Without a gate everybody may do everything. */
function identifyCallers(app: FastifyInstance, gate: Gate | undefined): void {
  app.decorateRequest("principal", undefined);
  app.decorateRequest("takeRequests", undefined);
  app.decorateRequest("stillAllowed", undefined);
  app.addHook("onRequest", (request: FastifyRequest, reply: FastifyReply, done) => {
    const { needs } = operationOf(request);
    if (needs === "open" || needs === "signature") {
      done();
      return;
    }
    if (gate === undefined) {
      request.principal = { name: "anonymous", roles: ["admin"] };
      done();
      return;
    }
    // Nearly every caller is known and within his rate: he need not wait for a promise.
    const authorization = authorizationOf(request);
    const known = gate.authenticator.recall(authorization);
    if (known !== undefined && gate.limiter.takeAtOnce(known)) {
      request.principal = known;
      admit(request, needs, gate);
      done();
      return;
    }
    identify({ ...gate, request, reply, authorization })
      .then(() => admit(request, needs, gate))
      .then(() => done(), done);
  });
}

interface Identifying extends Gate {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly authorization: string | undefined;
}

async function identify(call: Identifying): Promise<void> {
  const { request, reply, authorization, authenticator, failures, limiter } = call;
  try {
    request.principal = await authenticator.authenticate(authorization, () =>
      failures.assertMayTry(request.ip),
    );
  } catch (error) {
    if (error instanceof UnauthenticatedError) {
      failures.count(request.ip);
      void reply.header("www-authenticate", challenge(authorization));
    }
    throw error;
  }
  // First, because each denial is audited: nobody may write to that log faster than he may call.
  await limiter.take(request.principal);
}

/** Throws `PermissionDeniedError` unless who was identified may call this. */
function admit(request: FastifyRequest, needs: Role, { authenticator, limiter }: Gate): void {
  const { operation } = operationOf(request);
  const { principal } = request;
  request.takeRequests = (count) =>
    principal === undefined ? Promise.resolve() : limiter.take(principal, count);
  assertRole(request, needs, operation);
  request.stillAllowed = async () => {
    request.principal = await authenticator.authenticate(authorizationOf(request), () => undefined);
    assertRole(request, needs, operation);
  };
}

/** What the request says of its caller. Of two statements the one that every proxy knows is taken. */
function authorizationOf({ headers, routeOptions }: FastifyRequest): string | undefined {
  const { tokenHeader } = routeOptions.config;
  const token = tokenHeader === undefined ? undefined : headers[tokenHeader];
  return headers.authorization ?? (typeof token === "string" ? bearer(token) : undefined);
}

function bearer(token: string): string {
  return `Bearer ${token}`;
}

/** RFC 6750: the error is named only to who sent something. */
function challenge(authorization: string | undefined): string {
  const error = authorization === undefined ? "" : ', error="invalid_token"';
  return `Bearer realm="heddle"${error}`;
}

function writeAuditLog(app: FastifyInstance, access: GatewayAccess, log: Logger): void {
  const trail = new AuditTrail(access.store, log, access.auditEntries ?? DEFAULT_AUDIT_ENTRIES);
  app.decorateRequest("auditObject", undefined);
  // A start learns the id of its workflow from the reply.
  app.addHook("preSerialization", (request, _reply, payload, done) => {
    request.auditObject ??= textOf(payload, "id");
    done();
  });
  app.addHook("onSend", (request, reply, _payload, done) => {
    const { operation, changes } = operationOf(request);
    const code = request.refusedWith;
    // Not what came too fast, or from nobody known before it could be refused for that (no headers or body type that
    // we take): whoever floods us must not push the others' entries out of the log.
    const isDenial = code === "UNAUTHENTICATED" || code === "PERMISSION_DENIED";
    const isKnown = request.principal !== undefined;
    if (isDenial || (changes && isKnown && code !== "RATE_LIMITED")) {
      trail.write({
        time: new Date().toISOString(),
        who: request.principal?.name ?? "unknown",
        address: request.ip,
        operation,
        object: textOf(request.params, "id") ?? request.auditObject?.slice(0, LONGEST_TEXT),
        name: textOf(request.params, "name") ?? textOf(request.params, "reference"),
        requestId: request.id,
        status: reply.statusCode,
        code,
      });
    }
    done();
  });
  app.addHook("onClose", () => trail.close());
}

function operationOf({ routeOptions }: FastifyRequest) {
  return { operation: routeOptions.schema?.operationId ?? "", ...permissionOf(routeOptions) };
}

function textOf(object: unknown, field: string): string | undefined {
  if (typeof object !== "object" || object === null || !Object.hasOwn(object, field)) return undefined;
  const value = (object as Record<string, unknown>)[field];
  return typeof value === "string" ? value.slice(0, LONGEST_TEXT) : undefined;
}
