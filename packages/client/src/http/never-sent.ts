/** What Node tells of a connection that was never made. Browsers do not tell: then the outcome counts as unknown. */
const NOT_CONNECTED: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Whether an error of `fetch` proves that the server has seen nothing. */
export function neverSent(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  // One of several addresses: each has to have failed.
  if (Array.isArray(errors) && errors.length > 0) return errors.every(neverSent);
  return NOT_CONNECTED.has(code) || neverSent(cause);
}
