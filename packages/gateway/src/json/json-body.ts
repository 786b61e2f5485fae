import { HeddleError } from "@heddle/protocol";
import type { FastifyInstance } from "fastify";
import { parseJsonText } from "./json-text.js";

/**
 * Takes away all body types but `application/json`, and makes a body part of every POST: a browser page of another origin
 * cannot send that type without a preflight, so it cannot terminate a workflow of a gateway on the same machine.
 */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body: Buffer, done) => {
    try {
      done(null, readJsonBody(body));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  app.addHook("onRequest", (request, _reply, done) => {
    const encoding = request.headers["content-encoding"];
    if (encoding === undefined || encoding.toLowerCase() === "identity") done();
    else
      done(
        unsupported(`content-encoding ${JSON.stringify(encoding)} is not taken; send the body uncompressed`),
      );
  });
  app.addHook("preValidation", (request, _reply, done) => {
    if (request.method === "POST" && !request.is404 && request.headers["content-type"] === undefined) {
      done(unsupported('a POST takes a JSON object: send "content-type: application/json" and at least {}'));
    } else done();
  });
}

function readJsonBody(body: Uint8Array): unknown {
  if (body.byteLength === 0) {
    throw new HeddleError("MALFORMED_JSON", "the body is empty; send a JSON object, at least {}");
  }
  return parseJsonText(decodeUtf8(body));
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HeddleError("MALFORMED_JSON", "the body is not valid UTF-8", { cause });
  }
}

function unsupported(problem: string): HeddleError {
  return new HeddleError("UNSUPPORTED_MEDIA_TYPE", problem);
}
