import { HeddleError, PermissionDeniedError, ShutDownError, UnauthenticatedError } from "@heddle/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Drain } from "../drain.js";
import { toPlainJson } from "../json/plain-json.js";
import { problemOf, unexpectedError } from "../problem/problem.js";
import { pathOf } from "../problem/send-problem.js";
import { PROBLEMS } from "../routes/replies.js";
import { ReaderGoneError, SocketWriter } from "./socket-writer.js";
import { eventText, type ServerSentEvent } from "./server-sent-event.js";
import { StreamSlots } from "./stream-slots.js";

export interface StreamLimits {
  /** Streams open at once on this gateway. Default 1,000. */
  readonly total?: number | undefined;
  /** Of these, of one caller. Default 100. */
  readonly perCaller?: number | undefined;
  /** How long a reader may take nothing before it is cut off. Default 30 s. */
  readonly stalledMs?: number | undefined;
}

const HEARTBEAT_MS = 15_000;
/** With the time for which a good key is believed, a revoked one is found out within five seconds. */
const RECHECK_MS = 2_000;
/** When a browser comes back by itself. */
const RETRY_MS = 1_000;

/** The streams of one gateway: how many there may be, and how each is kept going and ended. */
export class EventStreams {
  readonly #slots: StreamSlots;
  readonly #stalledMs: number;

  constructor(
    private readonly drain: Drain,
    { total = 1_000, perCaller = 100, stalledMs = 30_000 }: StreamLimits,
  ) {
    this.#slots = new StreamSlots({ total, perCaller });
    this.#stalledMs = stalledMs;
  }

  /**
   * Answers with a stream of what `source` yields. The first item, which has to come at once, is waited for before the
   * answer begins: whatever is wrong until then is a problem as of any call. The source gets a signal that aborts
   * when the stream is over; it is pulled no faster than the reader takes.
   */
  async send(
    call: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    source: (signal: AbortSignal) => AsyncGenerator<ServerSentEvent, void, undefined>,
  ): Promise<void> {
    const { request, reply } = call;
    if (this.drain.hasBegun) throw new ShutDownError("this gateway is draining; use another replica");
    const giveBack = this.#slots.take(request.principal?.name ?? "anonymous");
    const over = new AbortController();
    const hangUp = (): void => over.abort(new ReaderGoneError());
    reply.raw.once("close", hangUp);
    const forgetDrain = this.drain.onBegin(() => over.abort(new DrainingError()));
    const events = source(over.signal);
    try {
      const first = await events.next().catch((error: unknown) => {
        throw isOver(error) ? new ShutDownError("the stream ended before it began; open it again") : error;
      });
      void reply.hijack();
      const writer = new SocketWriter(reply.raw, { stalledMs: this.#stalledMs, over: over.signal });
      const stopChecking = recheck(request, over);
      try {
        reply.raw.writeHead(200, { ...headersOf(reply), ...HEADERS });
        await writer.write(`retry: ${RETRY_MS}\n\n`);
        await pump({ first, events }, writer, over.signal);
      } catch (error) {
        await tellEnd(request, writer, error);
      } finally {
        stopChecking();
        await writer.end();
      }
    } finally {
      hangUp();
      forgetDrain();
      reply.raw.off("close", hangUp);
      giveBack();
      await events.return();
    }
  }
}

/** Documents the answers of a stream. */
export const STREAM_REPLIES = {
  200: {
    description: "Events, until there are no more or the reader hangs up",
    content: { "text/event-stream": { schema: z.string() } },
  },
  ...PROBLEMS,
} as const;

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  // Proxies that hold answers back until they are whole (nginx) let it through.
  "x-accel-buffering": "no",
  // A draining gateway would wait for the connection to become idle.
  connection: "close",
} as const;

/** What hooks have set before: request id, security headers, CORS. */
function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
}

class DrainingError extends Error {}

function isOver(error: unknown): boolean {
  return error instanceof DrainingError || error instanceof ReaderGoneError;
}

async function pump(
  {
    first,
    events,
  }: { first: IteratorResult<ServerSentEvent, void>; events: AsyncGenerator<ServerSentEvent, void> },
  writer: SocketWriter,
  over: AbortSignal,
): Promise<void> {
  let passed: string | undefined;
  // A place that was passed without an event is told now and then, or a reader that comes back would begin far behind.
  const heartbeat = setInterval(() => {
    if (writer.isBusy) return;
    const text = passed === undefined ? ": still here\n\n" : `: still here\n${eventText({ id: passed })}`;
    passed = undefined;
    writer.write(text).catch(() => undefined); // the pump meets the same error
  }, HEARTBEAT_MS);
  try {
    for (let item = first; item.done !== true; item = await events.next()) {
      over.throwIfAborted();
      const { event, id } = item.value;
      passed = event === undefined ? id : undefined;
      if (event !== undefined) await writer.write(eventText(item.value));
    }
  } finally {
    clearInterval(heartbeat);
  }
}

/** The reader is told why nothing more comes, if it is there to be told. */
async function tellEnd(request: FastifyRequest, writer: SocketWriter, error: unknown): Promise<void> {
  if (error instanceof ReaderGoneError) return;
  if (error instanceof DrainingError) {
    await writer.writeLast(eventText({ event: "reconnect", data: { reason: "draining" } }));
    return;
  }
  const known = error instanceof HeddleError ? error : unexpectedError(error);
  if (known.httpStatus >= 500) request.log.warn({ code: known.code, err: error }, "stream ended early");
  const problem = problemOf(known, { path: pathOf(request), requestId: request.id });
  await writer.writeLast(eventText({ event: "problem", data: toPlainJson(problem) }));
}

/** Ends the stream of a caller who may not read any more. An outage says nothing of that. */
function recheck(request: FastifyRequest, over: AbortController): () => void {
  const { stillAllowed } = request;
  if (stillAllowed === undefined) return () => undefined;
  const timer = setInterval(() => {
    stillAllowed().catch((error: unknown) => {
      const isRefused = error instanceof UnauthenticatedError || error instanceof PermissionDeniedError;
      if (isRefused) over.abort(error);
    });
  }, RECHECK_MS);
  return () => clearInterval(timer);
}
