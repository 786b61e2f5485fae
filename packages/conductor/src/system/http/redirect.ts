import { parseUri, type HttpRequest } from "./http-request.js";

/** Of the request that was redirected, what a stranger may see. */
const KEPT_ACROSS_ORIGINS = ["accept", "content-type"];

/**
 * The request that an answer redirects to, or `undefined` if it does not. To another origin no header goes that the
 * task set, for any of them may be a credential. Throws for a target that is no http(s) URL, and for a step from https
 * down to http.
 */
export function redirectOf(
  request: HttpRequest,
  answer: { readonly statusCode: number; readonly location: string | undefined },
): HttpRequest | undefined {
  const { statusCode, location } = answer;
  if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return undefined;
  const url = parseUri(
    URL.canParse(location, request.url.href) ? new URL(location, request.url).href : location,
  );
  if (request.url.protocol === "https:" && url.protocol === "http:") {
    throw new Error("the answer redirects from https to http, which is not followed");
  }
  const headers =
    url.origin === request.url.origin
      ? request.headers
      : Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => KEPT_ACROSS_ORIGINS.includes(name)),
        );
  // As browsers do: what was posted is not posted again unless the answer says so.
  const becomesGet =
    (statusCode === 303 && request.method !== "HEAD") || (statusCode < 303 && request.method === "POST");
  return { ...request, url, headers, ...(becomesGet ? { method: "GET", body: undefined } : {}) };
}
