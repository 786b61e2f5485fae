import { HeddleError } from "@heddle/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseJsonText } from "./json-text.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** For a POST that says everything in headers which no foreign web page can send unasked. */
    isBodyOptional?: boolean;
  }
}

/**
 * Takes away all body types but `application/json`, and makes a body part of every POST: a browser page of another origin
 * cannot send that type without a preflight, so it cannot terminate a workflow of a gateway on the same machine.
 */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, parseJsonBody);
  app.addHook("onRequest", (request, _reply, done) => {
    const encoding = request.headers["content-encoding"];
    if (encoding === undefined || encoding.toLowerCase() === "identity") done();
    else
      done(
        unsupported(`content-encoding ${JSON.stringify(encoding)} is not taken; send the body uncompressed`),
      );
  });
  app.addHook("preValidation", (request, _reply, done) => {
    const needsBody = request.method === "POST" && request.routeOptions.config.isBodyOptional !== true;
    if (needsBody && !request.is404 && request.headers["content-type"] === undefined) {
      done(unsupported('a POST takes a JSON object: send "content-type: application/json" and at least {}'));
    } else done();
  });
}

/** For `addContentTypeParser`, of media types that are JSON by another name. */
export function parseJsonBody(
  _request: FastifyRequest,
  body: Buffer,
  done: (error: Error | null, body?: unknown) => void,
): void {
  try {
    done(null, readJsonBody(body));
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
  }
}

/**
 * In the scope of this instance bodies are taken as `JSON.parse` reads them: for what Heddle wrote itself, whose payloads
 * may hold what callers may not send.
 */
export function acceptExportedJson(app: FastifyInstance): void {
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body: Buffer, done) => {
    try {
      done(null, JSON.parse(decodeUtf8(body)));
    } catch (error) {
      done(error instanceof HeddleError ? error : malformed(error));
    }
  });
}

function malformed(cause: unknown): HeddleError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new HeddleError("MALFORMED_JSON", `the body is not valid JSON: ${why}`, { cause });
}

/** Errors as of `parseJsonText`. */
export function readJsonBody(body: Uint8Array): unknown {
  if (body.byteLength === 0) {
    throw new HeddleError("MALFORMED_JSON", "the body is empty; send a JSON object, at least {}");
  }
  return parseJsonText(decodeUtf8(body));
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new HeddleError("MALFORMED_JSON", "the body is not valid UTF-8", { cause });
  }
}

function unsupported(problem: string): HeddleError {
  return new HeddleError("UNSUPPORTED_MEDIA_TYPE", problem);
}
