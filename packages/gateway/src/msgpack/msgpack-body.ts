import { HeddleError } from "@heddle/protocol";
import type { FastifyInstance } from "fastify";
import { Packr, Unpackr } from "msgpackr";
import { checkMsgpack } from "./check-msgpack.js";

const MEDIA_TYPES = ["application/msgpack", "application/x-msgpack", "application/vnd.msgpack"];

// What is left to it after the check are plain objects, lists, texts, numbers, bytes and timestamps.
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });
const packr = new Packr({ useRecords: false, variableMapSize: true });

/** Takes MessagePack where JSON is taken, within the same limits. */
export function acceptMsgpackBodies(app: FastifyInstance): void {
  app.addContentTypeParser(MEDIA_TYPES, { parseAs: "buffer" }, (_request, body: Buffer, done) => {
    try {
      done(null, readMsgpackBody(body));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function readMsgpackBody(body: Buffer): unknown {
  if (body.byteLength === 0) {
    throw new HeddleError("MALFORMED_MSGPACK", "the body is empty; send a map, at least an empty one");
  }
  checkMsgpack(body);
  return unpackr.unpack(body);
}

/** Sends what would be JSON as MessagePack to who asks for it; errors stay problem+json. */
export function answerInMsgpack(app: FastifyInstance): void {
  app.addHook("onSend", (request, reply, payload, done) => {
    // Asked first, because hardly anybody does.
    const isWanted = prefersMsgpack(request.headers.accept) && typeof payload === "string";
    if (!isWanted || !/^application\/json\b/.test(String(reply.getHeader("content-type")))) {
      done(null, payload);
      return;
    }
    void reply.type("application/msgpack");
    void reply.removeHeader("content-length");
    done(null, packr.pack(JSON.parse(payload)));
  });
}

/** Whether MessagePack is the type named first among those of the highest weight. Wildcards mean JSON. */
export function prefersMsgpack(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const ranges = accept.split(",").map((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    return { type, weight: weight === undefined ? 1 : Number(weight) || 0 };
  });
  const [best] = ranges.filter(({ weight }) => weight > 0).sort((left, right) => right.weight - left.weight);
  return best !== undefined && MEDIA_TYPES.includes(best.type);
}
