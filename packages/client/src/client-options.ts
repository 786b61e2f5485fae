import { InvalidArgumentError } from "@heddle/protocol";

export interface RepeatOptions {
  /** Tries of one call, the first included. 1: nothing is repeated. Default 8, which takes some 10 s. */
  readonly attempts?: number | undefined;
  /** No try begins later than this after the first. Default 30 s. */
  readonly withinMs?: number | undefined;
  /** How long one try may take, besides what the call itself waits for. Default 30 s. */
  readonly attemptTimeoutMs?: number | undefined;
}

export interface ClientOptions {
  /** Of the gateway, or of what stands before it; a path in it is kept. */
  readonly url: string;
  /** An API key or a token, sent as `authorization: Bearer …`. */
  readonly apiKey?: string | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly retry?: RepeatOptions | undefined;
}

export interface ResolvedOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
  readonly attempts: number;
  readonly withinMs: number;
  readonly attemptTimeoutMs: number;
}

/** Throws `InvalidArgumentError` naming the option. */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const { apiKey, headers = {}, retry = {} } = options;
  const { attempts = 8, withinMs = 30_000, attemptTimeoutMs = 30_000 } = retry;
  assertLeast("retry.attempts", attempts, 1);
  assertLeast("retry.withinMs", withinMs, 0);
  assertLeast("retry.attemptTimeoutMs", attemptTimeoutMs, 1);
  return {
    url: baseOf(options.url),
    headers: checkedHeaders(
      apiKey === undefined ? headers : { ...headers, authorization: `Bearer ${apiKey}` },
    ),
    // Called as a plain function: the global one refuses to be anybody's method.
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    attempts,
    withinMs,
    attemptTimeoutMs,
  };
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new InvalidArgumentError(
      `url ${JSON.stringify(url)} is no http or https URL; give for example http://127.0.0.1:8080`,
      { details: { field: "url" } },
    );
  }
  if (parsed.username !== "" || parsed.password !== "" || parsed.search !== "" || parsed.hash !== "") {
    throw new InvalidArgumentError(
      "url holds credentials, a query or a fragment; give the address alone, and the key as apiKey",
      { details: { field: "url" } },
    );
  }
  return parsed.href.replace(/\/+$/, "");
}

function checkedHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(new Headers(headers).entries());
  } catch (cause) {
    // The cause quotes the value, which may be a key.
    throw new InvalidArgumentError("headers or apiKey hold what no HTTP header may hold", {
      details: { field: "headers" },
      ...(cause instanceof Error ? { cause: cause.name } : {}),
    });
  }
}

function assertLeast(field: string, value: number, least: number): void {
  if (Number.isFinite(value) && value >= least) return;
  throw new InvalidArgumentError(`${field} is ${String(value)}; it must be a number from ${least}`, {
    details: { field },
  });
}
