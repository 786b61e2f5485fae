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
 * Hides the password of every URL in a text (`redis://user:pass@host` → `redis://user:[redacted]@host`), and what is
 * secret of API keys and signed tokens. Works on finished log lines, because client libraries put URLs into messages and stacks.
 */
export function hideCredentials(text: string): string {
  // Asked first, because nearly every line has none of them, and the expressions cost as much as writing it.
  const withoutPasswords = text.includes("://") ? text.replace(URL_WITH_PASSWORD, `$1:${REDACTED}@`) : text;
  const withoutKeys = text.includes("heddle_")
    ? withoutPasswords.replace(API_KEY, `$1${REDACTED}`)
    : withoutPasswords;
  return text.includes("eyJ") ? withoutKeys.replace(TOKEN, REDACTED) : withoutKeys;
}

// A raw "/" may not stand in the authority part of a URL, a raw "@" only as the last one, so both end the match early.
const URL_WITH_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@"'\\]*):[^\s/"'\\]+@/gi;

/** The id in front of the secret stays, because it tells which key it was. */
const API_KEY = /(heddle_[0-9a-f]{16}_)[A-Za-z0-9_-]{43}/g;
/** A JSON object in base64url begins with "eyJ". Sought where a word begins, or a long word would be read over and over. */
const TOKEN = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g;
