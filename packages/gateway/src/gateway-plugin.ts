import type { HeddleError } from "@heddle/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { IdentifyByToken } from "./access/guard-routes.js";
import type { Drain } from "./drain.js";
import type { GatewayApp } from "./gateway-app.js";

/**
 * Routes of another API in the same gateway. Keys, roles, rates, the audit log and draining apply to them: each needs an
 * `operationId` and `config.permission`, and the path parameter `id` is what the audit log names.
 */
export interface GatewayPlugin {
  readonly name: string;
  /** Of all its paths, without a slash at its end: `/api`. */
  readonly prefix: string;
  register(app: GatewayApp, parts: PluginParts): void;
  /** Answers what was refused below the prefix, in the shape that callers of this API know. */
  sendError(refusal: HeddleError, request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

/** What a plugin gets of the gateway. */
export interface PluginParts {
  /** Long polls are answered at once when it begins. */
  readonly drain: Pick<Drain, "hasBegun" | "onBegin">;
  /** Origins whose pages may call. */
  readonly corsOrigins: readonly string[];
  /** For a route that is open and takes a token in its body. Undefined where nobody is asked who he is. */
  readonly identify: IdentifyByToken | undefined;
}
