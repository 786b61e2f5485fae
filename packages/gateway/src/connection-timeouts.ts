import type { GatewayLimits } from "./create-gateway.js";

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/** How long the server waits for what callers send, as options of Fastify. */
export function connectionTimeouts(limits: GatewayLimits) {
  const { headersTimeoutMs = HEADERS_TIMEOUT_MS, requestTimeoutMs = REQUEST_TIMEOUT_MS } = limits;
  return {
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs ?? KEEP_ALIVE_TIMEOUT_MS,
    http: {
      headersTimeout: headersTimeoutMs,
      // How late a slow caller is noticed.
      connectionsCheckingInterval: Math.ceil(Math.min(headersTimeoutMs, requestTimeoutMs) / 4),
      // Told by ourselves, in words.
      requireHostHeader: false,
    },
  };
}
