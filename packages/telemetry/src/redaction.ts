/** Fields whose value never reaches a log, at the top level and up to two levels down. */
const SECRET_FIELDS = ["password", "secret", "token", "authorization", "apiKey"];

export const REDACTED = "[redacted]";

/** Paths in the form pino's `redact` takes. */
export const SECRET_PATHS: readonly string[] = SECRET_FIELDS.flatMap((field) => [
  field,
  `*.${field}`,
  `*.*.${field}`,
]);

/**
 * Hides the password of every URL in a text (`redis://user:pass@host` → `redis://user:[redacted]@host`).
 * Works on finished log lines, because client libraries put URLs into messages and stacks.
 */
export function hideUrlCredentials(text: string): string {
  return text.replace(URL_WITH_PASSWORD, `$1:${REDACTED}@`);
}

// A raw "/" may not stand in the authority part of a URL, a raw "@" only as the last one, so both end the match early.
const URL_WITH_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@"'\\]*):[^\s/"'\\]+@/gi;
