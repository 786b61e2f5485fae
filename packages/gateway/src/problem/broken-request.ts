// Answers what never becomes a request: broken framing, oversized headers, callers that send too slowly.
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { HeddleError, PayloadTooLargeError } from "@heddle/protocol";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { SAFE_HEADERS } from "../access/headers.js";
import { REQUEST_ID_HEADER, requestIdOf } from "../request-id.js";
import { problemOf, RETRY_AFTER_SECONDS } from "./problem.js";

type ConnectionError = Error & { readonly code?: string };

/** What the server's parser refuses, for Fastify's `clientErrorHandler`. */
export class BrokenRequests {
  /** Requests whose replies are not out, by connection: more than one when a caller does not wait for replies. */
  readonly #unanswered = new WeakMap<Socket, Set<IncomingMessage>>();

  constructor(private readonly log: FastifyBaseLogger) {}

  watch(app: FastifyInstance): void {
    app.server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      const unanswered = this.#unanswered.get(socket) ?? new Set();
      this.#unanswered.set(socket, unanswered.add(request));
      response.once("close", () => unanswered.delete(request));
    });
  }

  /**
   * Answers with a problem document and closes the connection. Says nothing when a request before the broken one is
   * still being served: its caller would take the refusal for the answer to that, which may well be carried out.
   */
  answer(error: ConnectionError, socket: Socket): void {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const unanswered = [...(this.#unanswered.get(socket) ?? [])];
    const [own] = unanswered;
    if (own === undefined || (unanswered.length === 1 && !own.complete)) {
      socket.write(this.#reply(refusalOf(error), own));
    }
    // At once: a request that has come slowly must not be carried out after it was refused.
    socket.destroy();
  }

  #reply(refusal: HeddleError, request: IncomingMessage | undefined): string {
    const requestId = requestIdOf(request ?? { headers: {} });
    this.log.debug({ requestId, code: refusal.code, detail: refusal.message }, "no request was received");
    const body = JSON.stringify(
      problemOf(refusal, { path: request?.url?.split("?", 1)[0] ?? "/", requestId }),
    );
    const headers = {
      ...SAFE_HEADERS,
      [REQUEST_ID_HEADER]: requestId,
      "content-type": "application/problem+json",
      "content-length": Buffer.byteLength(body),
      connection: "close",
      ...(refusal.retryable ? { "retry-after": RETRY_AFTER_SECONDS } : {}),
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const { httpStatus } = refusal;
    return `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? ""}\r\n${lines.join("")}\r\n${body}`;
  }
}

function refusalOf({ code }: ConnectionError): HeddleError {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new HeddleError(
        "REQUEST_TIMEOUT",
        "the request did not arrive in time; nothing was done, repeat it",
      );
    case "HPE_HEADER_OVERFLOW":
      return new HeddleError(
        "HEADERS_TOO_LARGE",
        "path and headers have more than 16 KiB; send shorter ones",
      );
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new PayloadTooLargeError("the chunk extensions have more than 16 KiB; send none");
    default:
      return new HeddleError("MALFORMED_REQUEST", "this is no valid HTTP/1.1 request; nothing was done");
  }
}
