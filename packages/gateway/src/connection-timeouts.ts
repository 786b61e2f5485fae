export interface ConnectionTimeouts {
  /** From a connection, or the first byte of a further request on it, to the last header: else 408. Default 10 s. */
  readonly headersTimeoutMs?: number;
  /** To the last byte of a request, so that slow bodies cannot pile up: else 408. Default 60 s. */
  readonly requestTimeoutMs?: number;
  /** How long a connection stays open without a request; longer than what stands before us keeps it. Default 72 s. */
  readonly keepAliveTimeoutMs?: number;
}

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/** How long the server waits for what callers send, as options of Fastify. */
export function connectionTimeouts(limits: ConnectionTimeouts) {
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
