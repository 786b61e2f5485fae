import cors from "@fastify/cors";
import { HeddleError, InvalidArgumentError } from "@heddle/protocol";
import type { FastifyInstance } from "fastify";
import { REQUEST_ID_HEADER } from "../request-id.js";

const MOST_HEADERS = 100;
/** An id has 255 bytes at most, so this is reached by search terms or by mischief. */
const LONGEST_PATH = 8 * 1024;

/** Refuses what a proxy before us may have read otherwise than we do, and what is longer than any honest request. */
export function refuseSuspiciousHeaders(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const { rawHeaders, httpVersion, url = "" } = request.raw;
    if (url.length > LONGEST_PATH) {
      const problem = `path and query have ${url.length} bytes; the limit is ${LONGEST_PATH}`;
      throw new HeddleError("PATH_TOO_LONG", problem);
    }
    // Names and values in turn.
    let hosts = 0;
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at];
      if (name?.length === 4 && name.toLowerCase() === "host") hosts++;
    }
    if (hosts > 1) throw new InvalidArgumentError("the request has more than one Host header; send one");
    if (hosts === 0 && httpVersion === "1.1") {
      throw new InvalidArgumentError("the request has no Host header, which HTTP/1.1 asks for");
    }
    const headers = rawHeaders.length / 2;
    if (headers > MOST_HEADERS) {
      throw new InvalidArgumentError(`the request has ${headers} headers; the limit is ${MOST_HEADERS}`);
    }
    done();
  });
}

/** Replies are data: no browser is to run, frame, keep or guess at them. */
export const SAFE_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

export function addReplyHeaders(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header(REQUEST_ID_HEADER, request.id).headers(SAFE_HEADERS);
    if (request.protocol === "https") void reply.header("strict-transport-security", "max-age=31536000");
    done();
  });
}

/** Lets pages of the listed origins call us. Without any, browsers let no page of another origin read a reply. */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  void app.register(cors, {
    // A function, because a list of one would be sent to every origin.
    origin: (origin, answer) => answer(null, origin !== undefined && origins.includes(origin)),
    methods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id", REQUEST_ID_HEADER],
    exposedHeaders: [REQUEST_ID_HEADER, "retry-after", "location"],
    maxAge: 600,
  });
}
