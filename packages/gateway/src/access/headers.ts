import cors from "@fastify/cors";
import { InvalidArgumentError } from "@heddle/protocol";
import type { FastifyInstance } from "fastify";
import { REQUEST_ID_HEADER } from "../request-id.js";

const MOST_HEADERS = 100;

/** Refuses what a proxy before us may have read otherwise than we do. */
export function refuseSuspiciousHeaders(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    // Names and values in turn.
    const { rawHeaders } = request.raw;
    let hosts = 0;
    for (let at = 0; at < rawHeaders.length; at += 2) {
      if (rawHeaders[at]?.toLowerCase() === "host") hosts++;
    }
    if (hosts > 1) throw new InvalidArgumentError("the request has more than one Host header; send one");
    const headers = rawHeaders.length / 2;
    if (headers > MOST_HEADERS) {
      throw new InvalidArgumentError(`the request has ${headers} headers; the limit is ${MOST_HEADERS}`);
    }
    done();
  });
}

/** Replies are data: no browser is to run, frame, keep or guess at them. */
export function addReplyHeaders(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    void reply.headers({
      [REQUEST_ID_HEADER]: request.id,
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
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
