import { type ErrorDetails, type HeddleError, UnavailableError } from "@heddle/protocol";
import type { ResolvedOptions } from "../client-options.js";
import { eventsOf } from "./event-stream.js";
import { pause, pauseBehind } from "./pause.js";
import { errorOfReply } from "./problem.js";
import { ReplyBody } from "./reply-body.js";

export interface Followed {
  readonly path: string;
  readonly details?: ErrorDetails;
  readonly signal?: AbortSignal | undefined;
}

export interface FollowedEvent {
  readonly event: string;
  readonly data: ReplyBody;
}

/** The gateway says at least this often that it is still there, three times over. */
const SILENT_MS = 45_000;
/** A connection that lasted so long was a good one. */
const STEADY_MS = 10_000;

/**
 * Events of a stream of the gateway, over as many connections as it takes: each one goes on behind the last event that was
 * taken, so that none is missed and none comes twice. Ends when the server says so. Rejects with an error that
 * repeating cannot help, with `UnavailableError` when nothing was heard for all tries, and with the signal's reason.
 */
export async function* followedEvents(
  options: ResolvedOptions,
  { path, details = {}, signal }: Followed,
): AsyncGenerator<FollowedEvent, void, undefined> {
  let lastEventId: string | undefined;
  let attempt = 0;
  let failedSinceMs: number | undefined;
  const isHeard = (): void => {
    attempt = 0;
    failedSinceMs = undefined;
  };
  for (;;) {
    const connection = new AbortController();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const listen = (ms: number): void => {
      clearTimeout(silence);
      silence = setTimeout(() => connection.abort(new Error(`nothing was heard for ${ms} ms`)), ms);
    };
    let failure: HeddleError;
    let retryAfterMs = 0;
    try {
      listen(options.attemptTimeoutMs);
      const response = await options.fetch(`${options.url}${path}`, {
        headers: {
          ...options.headers,
          accept: "text/event-stream, application/problem+json",
          ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
        },
        signal: signal === undefined ? connection.signal : AbortSignal.any([signal, connection.signal]),
        redirect: "manual",
      });
      if (response.status === 204) return;
      if (!response.ok || response.body === null) {
        retryAfterMs = 1_000 * (Number(response.headers.get("retry-after")) || 0);
        failure = errorOfReply({
          status: response.status,
          body: await response.json().catch(() => undefined),
        });
      } else {
        listen(SILENT_MS);
        const connectedAtMs = Date.now();
        const onBytes = (): void => {
          // Not the first bytes: what is cut off at once, again and again, is not heard.
          if (Date.now() - connectedAtMs > STEADY_MS) isHeard();
          listen(SILENT_MS);
        };
        const onId = (id: string): void => {
          isHeard();
          lastEventId = id;
        };
        failure = new UnavailableError(`${options.url} ended the stream`, { details });
        for await (const { event, data } of eventsOf(response.body, { onBytes, onId })) {
          const fields: unknown = JSON.parse(data);
          const body = new ReplyBody(fields, `the event ${event}`);
          if (event === "problem") failure = errorOfReply({ status: body.whole("status"), body: fields });
          else if (event !== "reconnect") yield { event, data: body };
        }
      }
    } catch (cause) {
      signal?.throwIfAborted();
      failure = new UnavailableError(`${options.url} was not reached, or the connection broke`, {
        details,
        cause,
      });
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
    if (!failure.retryable && failure.code !== "SHUT_DOWN") throw failure;
    attempt += 1;
    failedSinceMs ??= Date.now();
    const pauseMs = Math.max(retryAfterMs, pauseBehind(attempt));
    if (attempt >= options.attempts || Date.now() - failedSinceMs + pauseMs > options.withinMs) throw failure;
    await pause(pauseMs, signal);
  }
}
