import { validateHeaderName, validateHeaderValue } from "node:http";
import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import type { TaskData } from "../system-task-result.js";

/** What an HTTP task sends. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** 0: only the deadline of the whole call. */
  readonly connectTimeoutMs: number;
  /** Until the first byte of the answer, and between two parts of it. */
  readonly readTimeoutMs: number;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const DEFAULT_TIMEOUT_MS = 3_000;
const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";

/** About the connection, not about the request: the client sets them, what a task says of them is left out. */
const CONNECTION_HEADERS = new Set([
  ...["connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"],
  ...["proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "accept-encoding"],
]);

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const milliseconds = z
  .preprocess(
    (value) => (typeof value === "string" && /^\s*\d+\s*$/.test(value) ? Number(value) : value),
    z.number("is no number of milliseconds").int().min(0).max(2_147_483_647).nullish(),
  )
  .transform((value) => value ?? DEFAULT_TIMEOUT_MS);

const input = z.object({
  uri: z.string().nullish(),
  method: z.string().nullish(),
  headers: z.record(z.string(), z.union([text, z.array(text)]).nullable()).nullish(),
  body: z.unknown().optional(),
  accept: z.union([text, z.array(text)]).nullish(),
  contentType: text.nullish(),
  connectionTimeOut: milliseconds,
  readTimeOut: milliseconds,
});

/** Reads the input of a task, flat or under `http_request`. Throws `InvalidArgumentError`, whose `details.field` names the fault. */
export function parseHttpRequest(taskInput: TaskData): HttpRequest {
  const given = taskInput["http_request"] ?? taskInput;
  const parsed = input.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join(".") ?? "";
    throw refused(field, `the HTTP request is at fault: ${field} ${issue?.message ?? ""}`);
  }
  const { accept, connectionTimeOut, readTimeOut } = parsed.data;
  const contentType = parsed.data.contentType ?? JSON_TYPE;
  const headers: Record<string, string> = {
    accept: accept === null || accept === undefined ? JSON_TYPE : [accept].flat().join(", "),
    "content-type": contentType,
    ...headersOf(parsed.data.headers ?? {}),
  };
  for (const [name, value] of Object.entries(headers)) assertHeader(name, value);
  return {
    url: parseUri(parsed.data.uri),
    method: parseMethod(parsed.data.method),
    headers,
    body: bodyText(parsed.data.body, headers["content-type"] ?? contentType),
    connectTimeoutMs: connectionTimeOut,
    readTimeoutMs: readTimeOut,
  };
}

/** An absolute `http:` or `https:` address without credentials. */
export function parseUri(uri: string | null | undefined): URL {
  if (uri === undefined || uri === null || uri.trim() === "") {
    throw refused("uri", "Missing HTTP URI. See documentation for HttpTask for required input parameters");
  }
  // A URL parser drops line breaks and tabs without a word.
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(uri)) throw refused("uri", "the HTTP uri has control characters");
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined) throw refused("uri", "the HTTP uri is no absolute URL such as https://host/path");
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refused("uri", `the HTTP uri has scheme "${url.protocol}"; use http: or https:`);
  }
  if (url.username !== "" || url.password !== "") {
    throw refused("uri", "the HTTP uri holds a user name or password; send an authorization header");
  }
  return url;
}

export function parseMethod(method: string | null | undefined): string {
  if (method === undefined || method === null || method.trim() === "") {
    throw refused("method", "No HTTP method specified");
  }
  const upper = method.trim().toUpperCase();
  if (METHODS.includes(upper)) return upper;
  throw refused(
    "method",
    `there is no HTTP method "${method.slice(0, 40)}" here; use one of ${METHODS.join(", ")}`,
  );
}

function headersOf(given: Readonly<Record<string, string | string[] | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      const lower = name.toLowerCase();
      return value === null || CONNECTION_HEADERS.has(lower) ? [] : [[lower, [value].flat().join(", ")]];
    }),
  );
}

function assertHeader(name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    throw refused(
      "headers",
      `header ${JSON.stringify(name.slice(0, 100))} has characters that no header may have`,
    );
  }
}

function bodyText(body: unknown, contentType: string): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") return body;
  if (contentType.toLowerCase().startsWith(FORM_TYPE) && typeof body === "object") {
    return new URLSearchParams(
      Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]),
    ).toString();
  }
  return JSON.stringify(body);
}

function refused(field: string, message: string): InvalidArgumentError {
  return new InvalidArgumentError(message, { details: { field } });
}
