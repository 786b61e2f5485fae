import {
  type ErrorDetails,
  type HeddleError,
  OutcomeUnknownError,
  UnavailableError,
  UnexpectedReplyError,
} from "@heddle/protocol";
import type { ResolvedOptions } from "../client-options.js";
import { jsonBody } from "./json-body.js";
import { neverSent } from "./never-sent.js";
import { type Followed, followedEvents } from "./followed-events.js";
import { pause, pauseBehind } from "./pause.js";
import { errorOfReply } from "./problem.js";
import { ReplyBody } from "./reply-body.js";

export interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  /** Sent alike at every try: ids that make the call safe to repeat are in it before the first. */
  readonly body?: object;
  /** A body that is JSON text already. Excludes `body`. */
  readonly bodyText?: string;
  /** Makes the call safe to repeat where its body holds no id that does. */
  readonly idempotencyKey?: string;
  /** For errors: what the caller would repeat the call with. */
  readonly details?: ErrorDetails;
  /**
   * - `nothing`: it only reads.
   * - `once`: by its ids, however often it is sent.
   * - `again`: a repetition finds it done, or does it anew; a refusal of one says nothing of those before.
   */
  readonly applies: "nothing" | "once" | "again";
  /** How long the gateway may hold the answer back. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body: ReplyBody;
  /** The same as it was sent. */
  readonly text: string;
  /** When the gateway wants to be asked again. */
  readonly retryAfterMs: number;
}

type Try = { readonly reply: Reply } | { readonly error: HeddleError; readonly retryAfterMs: number };

/** Sends calls to a gateway, and again when that may help and cannot do harm. */
export class Transport {
  constructor(private readonly options: ResolvedOptions) {}

  /**
   * The answer. Rejects with the error that the gateway answered, with `UnavailableError` when nothing was applied, with
   * `OutcomeUnknownError` when a try may have been, and with the reason of the call's signal when it aborts.
   */
  async send(call: Call): Promise<Reply> {
    const { attempts, withinMs } = this.options;
    const body = call.body === undefined ? call.bodyText : jsonBody(call.body);
    const startedAtMs = Date.now();
    let unknown: HeddleError | undefined;
    for (let attempt = 1; ; attempt += 1) {
      call.signal?.throwIfAborted();
      const tried = await this.try(call, body);
      if ("reply" in tried) return tried.reply;
      const { error, retryAfterMs } = tried;
      if (!error.retryable) throw call.applies === "again" && unknown !== undefined ? unknown : error;
      if (error.outcome === "unknown") unknown = error;
      const pauseMs = Math.max(retryAfterMs, pauseBehind(attempt));
      const isLast = attempt >= attempts || Date.now() - startedAtMs + pauseMs > withinMs;
      if (isLast) throw unknown ?? error;
      await pause(pauseMs, call.signal);
    }
  }

  /** Events of a stream; see `followedEvents`. */
  follow(stream: Followed) {
    return followedEvents(this.options, stream);
  }

  private async try(call: Call, body: string | undefined): Promise<Try> {
    const timeoutMs = this.options.attemptTimeoutMs + (call.waitMs ?? 0);
    const timeout = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await this.options.fetch(`${this.options.url}${call.path}`, {
        method: call.method,
        headers: {
          ...this.options.headers,
          accept: "application/json, application/problem+json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(call.idempotencyKey === undefined ? {} : { "idempotency-key": call.idempotencyKey }),
        },
        ...(body === undefined ? {} : { body }),
        signal: call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]),
        // Followed, a redirected POST would arrive as a GET.
        redirect: "manual",
      });
      // Also the text: a connection may break inside the answer.
      text = await response.text();
    } catch (cause) {
      call.signal?.throwIfAborted();
      const why = timeout.aborted ? `no answer came within ${timeoutMs} ms` : "the connection failed";
      return { error: this.unanswered(call, why, cause), retryAfterMs: 0 };
    }
    return this.answered(response, text);
  }

  private answered(response: Response, text: string): Try {
    const { status, headers } = response;
    const retryAfterMs = 1_000 * (Number(headers.get("retry-after")) || 0);
    const body = parsed(text);
    if (!response.ok) return { error: errorOfReply({ status, body }), retryAfterMs };
    if (typeof body === "object" && body !== null) {
      return { reply: { status, body: new ReplyBody(body), text, retryAfterMs } };
    }
    const error = new UnexpectedReplyError(
      `${this.options.url} answered ${status} with something else than JSON; check that the URL is that of a gateway`,
      { details: { status } },
    );
    return { error, retryAfterMs };
  }

  private unanswered(call: Call, why: string, cause: unknown): HeddleError {
    const { url } = this.options;
    const options = { details: call.details ?? {}, cause };
    if (call.applies === "nothing") return new UnavailableError(`${url} was not reached: ${why}`, options);
    if (neverSent(cause)) {
      return new UnavailableError(`${url} was not reached, so nothing happened: ${why}`, options);
    }
    return new OutcomeUnknownError(`${why}; the call to ${url} may have been applied`, options);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
