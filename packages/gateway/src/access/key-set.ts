import { readFile } from "node:fs/promises";
import { UnavailableError } from "@heddle/protocol";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { z } from "zod";

/** How often the set is read again while it serves. */
const REFRESH_MS = 10 * 60_000;
/** Least time between two reads: whoever sends made-up key ids must not make us knock at the issuer's door. */
const COOLDOWN_MS = 30_000;
/** The same while there is no set at all and no token can be checked. */
const FIRST_COOLDOWN_MS = 1_000;
const FETCH_TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

const keySetSchema = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) });

/**
 * The keys of a token issuer. They come from one pinned place and never from where a token points to. While that place
 * cannot be read, the keys read last stay in use.
 */
export class KeySet {
  #find: JWTVerifyGetKey | undefined;
  #readAtMs = -Infinity;
  #triedAtMs = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly read: () => Promise<JSONWebKeySet>,
    private readonly tellFailure: (error: unknown) => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Rejects with an error of jose when no key fits, and with `UnavailableError` when there never was a set. */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    if (typeof header.kid !== "string") throw new errors.JWKSNoMatchingKey();
    const find = await this.#current();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The issuer may have rotated its keys.
      await this.#readAgain();
      const renewed = await this.#current();
      if (renewed === find) throw error;
      return renewed(header, token);
    }
  };

  /** The set read last; it is renewed behind the back of who asks. */
  async #current(): Promise<JWTVerifyGetKey> {
    if (this.#find === undefined) await this.#readAgain();
    else if (this.nowMs() - this.#readAtMs > REFRESH_MS) void this.#readAgain();
    if (this.#find !== undefined) return this.#find;
    throw new UnavailableError("the keys of the token issuer cannot be read now; repeat later");
  }

  /** Does nothing within the cool-down. Never rejects. */
  async #readAgain(): Promise<void> {
    const cooldownMs = this.#find === undefined ? FIRST_COOLDOWN_MS : COOLDOWN_MS;
    if (this.#reading === undefined && this.nowMs() - this.#triedAtMs < cooldownMs) return;
    this.#reading ??= this.#readOnce().finally(() => (this.#reading = undefined));
    await this.#reading;
  }

  async #readOnce(): Promise<void> {
    this.#triedAtMs = this.nowMs();
    try {
      this.#find = createLocalJWKSet(await this.read());
      this.#readAtMs = this.nowMs();
    } catch (error) {
      this.tellFailure(error);
    }
  }
}

export async function keySetOfFile(path: string): Promise<JSONWebKeySet> {
  return parseKeySet(await readFile(path, "utf8"));
}

/** Redirects are not followed, and neither a slow nor an endless answer is waited for. */
export async function keySetOfUrl(url: string): Promise<JSONWebKeySet> {
  const reply = await fetch(url, {
    redirect: "error",
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (!reply.ok || reply.body === null) {
    await reply.body?.cancel();
    throw new Error(`the key set was answered with ${reply.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of reply.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`the key set is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return parseKeySet(Buffer.concat(chunks).toString("utf8"));
}

function parseKeySet(text: string): JSONWebKeySet {
  return keySetSchema.parse(JSON.parse(text));
}
