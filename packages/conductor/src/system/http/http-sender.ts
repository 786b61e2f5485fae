import { STATUS_CODES } from "node:http";
import { ConfigurationError, MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { LRUCache } from "lru-cache";
import { Agent, type Dispatcher, ProxyAgent, request as send } from "undici";
import { EgressPolicy, type EgressOptions } from "../egress/egress-policy.js";
import { guardedConnector } from "../egress/guarded-sockets.js";
import type { HttpRequest } from "./http-request.js";
import { readBody } from "./read-body.js";
import { redirectOf } from "./redirect.js";

export interface HttpOptions extends EgressOptions {
  /**
   * Sends everything through this proxy, which then resolves names and is to judge their addresses. Addresses written
   * as such, ports and names of metadata services are judged here as ever.
   */
  readonly proxyUrl?: string;
  /** Redirects that are followed, 0 to 3, each judged like a call of its own. Default 0: the redirect is the answer. */
  readonly maxRedirects?: number;
  /** Body of an answer, decompressed. Default 1 MiB. */
  readonly maxResponseBytes?: number;
  /** One call with all its redirects. Default 60 s. */
  readonly deadlineMs?: number;
}

export interface HttpResponse {
  readonly statusCode: number;
  readonly reasonPhrase: string;
  /** Names in lower case, each with all its values. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly text: string;
}

const MAX_REDIRECTS = 3;
const MAX_HEADER_BYTES = 16 * 1024;

/** Sends HTTP requests within the egress policy. Never repeats one. */
export class HttpSender {
  readonly policy: EgressPolicy;
  readonly #maxRedirects: number;
  readonly #maxResponseBytes: number;
  readonly #deadlineMs: number;
  readonly #proxyUrl: string | undefined;
  /** By the time that connecting may take, which undici knows of agents only. */
  readonly #agents = new LRUCache<number, Dispatcher>({
    max: 16,
    // Lets what it has begun end.
    dispose: (agent) => void agent.close(),
  });

  constructor(options: HttpOptions = {}) {
    this.policy = new EgressPolicy(options);
    this.#maxRedirects = options.maxRedirects ?? 0;
    this.#maxResponseBytes = options.maxResponseBytes ?? MAX_PAYLOAD_BYTES;
    this.#deadlineMs = options.deadlineMs ?? 60_000;
    this.#proxyUrl = options.proxyUrl;
    if (
      !Number.isInteger(this.#maxRedirects) ||
      this.#maxRedirects < 0 ||
      this.#maxRedirects > MAX_REDIRECTS
    ) {
      throw new ConfigurationError(`http.maxRedirects is ${this.#maxRedirects}; give 0 to ${MAX_REDIRECTS}`);
    }
  }

  /**
   * Resolves with any answer, whatever its status. Rejects with `SsrfBlockedError` before anything is sent to a target that is
   * not allowed, with `PayloadTooLargeError` for an answer over the limit, else with what the connection met.
   */
  async send(request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse> {
    const deadline = AbortSignal.timeout(this.#deadlineMs);
    const stop = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
    let current = request;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#exchange(current, stop);
      const headers = headersOf(answer.headers);
      const next =
        this.#maxRedirects === 0
          ? undefined
          : redirectOf(current, { statusCode: answer.statusCode, location: headers["location"]?.[0] });
      if (next === undefined) return await this.#read(answer, headers);
      await answer.body.dump({ limit: MAX_HEADER_BYTES });
      if (redirects === this.#maxRedirects) throw new Error(`there were more than ${redirects} redirects`);
      current = next;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  async #exchange(request: HttpRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { url, method, headers, body, readTimeoutMs } = request;
    // Behind a proxy the connection is to the proxy; the target is judged here in any case.
    this.policy.assertTarget({ host: url.hostname, port: portOf(url) });
    return send(url, {
      dispatcher: this.#agentFor(request.connectTimeoutMs),
      method,
      headers: { ...headers, "accept-encoding": "gzip, deflate, br" },
      body: body ?? null,
      headersTimeout: readTimeoutMs,
      bodyTimeout: readTimeoutMs,
      responseHeaders: "raw",
      signal,
    });
  }

  async #read(answer: Dispatcher.ResponseData, headers: HttpResponse["headers"]): Promise<HttpResponse> {
    const charset = /charset="?([^";\s]+)/i.exec(headers["content-type"]?.[0] ?? "")?.[1];
    const text = await readBody(answer.body, {
      encoding: headers["content-encoding"]?.join(",") ?? "",
      charset: charset ?? "utf-8",
      maxBytes: this.#maxResponseBytes,
    });
    const { statusCode } = answer;
    return { statusCode, reasonPhrase: STATUS_CODES[statusCode] ?? "", headers, text };
  }

  #agentFor(timeoutMs: number): Dispatcher {
    const known = this.#agents.get(timeoutMs);
    if (known !== undefined) return known;
    const limits = {
      maxHeaderSize: MAX_HEADER_BYTES,
      // On the wire; what it inflates to is counted where it is read.
      maxResponseSize: this.#maxResponseBytes,
    };
    const agent =
      this.#proxyUrl === undefined
        ? new Agent({ ...limits, connect: guardedConnector(this.policy, { timeoutMs }) })
        : new ProxyAgent({ ...limits, uri: this.#proxyUrl, connectTimeout: timeoutMs });
    this.#agents.set(timeoutMs, agent);
    return agent;
  }
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

/** Raw, a list of names and values in turn: a map of undici's own would lose how often a name came. */
function headersOf(raw: unknown): Record<string, string[]> {
  const texts = (raw as readonly (Buffer | string)[]).map((part) => part.toString("latin1"));
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < texts.length; i += 2) {
    const name = (texts[i] ?? "").toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), texts[i + 1] ?? ""]);
  }
  return Object.fromEntries(headers);
}
