import type { AccessStore } from "@heddle/core";
import { UnauthenticatedError } from "@heddle/protocol";
import type { Logger } from "@heddle/telemetry";
import { apiKeyId, digestOf, digestsEqual } from "./api-key.js";
import { BoundedMap } from "./bounded-map.js";
import { verifyToken, type TokenOptions, type VerifiedToken } from "./json-web-token.js";
import { KeySet, keySetOfFile, keySetOfUrl } from "./key-set.js";
import type { Principal } from "./principal.js";

/** How long credentials that were good are taken for good. A revoked key is refused that much later, at most. */
const TRUST_MS = 2_000;
const MOST_REMEMBERED = 10_000;

export interface Credentials {
  /** A key with the role admin that works without any stored key: the first one, and the last resort. */
  readonly adminKey?: string | undefined;
  readonly tokens?: TokenOptions | undefined;
}

interface Remembered {
  readonly principal: Principal;
  readonly trustedUntilMs: number;
}

/** Finds out who calls from `Bearer …`, and from nothing else. */
export class Authenticator {
  readonly #remembered = new BoundedMap<Remembered>(MOST_REMEMBERED);
  readonly #adminDigest: Buffer | undefined;
  readonly #verifyToken: ((token: string) => Promise<VerifiedToken>) | undefined;

  constructor(
    private readonly store: Pick<AccessStore, "findApiKey" | "namespace">,
    { adminKey, tokens }: Credentials,
    log: Logger,
  ) {
    this.#adminDigest = adminKey === undefined ? undefined : digestOf(adminKey);
    if (tokens === undefined) return;
    const { keys, ...rules } = tokens;
    const keySet = new KeySet(
      () => ("url" in keys ? keySetOfUrl(keys.url) : keySetOfFile(keys.file)),
      (err) => log.warn({ err }, "keys of the token issuer cannot be read"),
    );
    this.#verifyToken = (token) => verifyToken(token, keySet.keyOf, { ...rules, namespace: store.namespace });
  }

  /**
   * Rejects with `UnauthenticatedError`. `mayLookUp` is asked before credentials are tried that were never good; it
   * throws when the caller has tried too often.
   */
  async authenticate(authorization: string | undefined, mayLookUp: () => void): Promise<Principal> {
    const credentials = credentialsIn(authorization);
    if (credentials === undefined) {
      mayLookUp();
      throw new UnauthenticatedError(
        'no credentials: send "authorization: Bearer …" with an API key or a token',
      );
    }
    const digest = digestOf(credentials);
    const name = digest.toString("base64");
    const known = this.#remembered.get(name);
    if (known === undefined) mayLookUp();
    else if (known.trustedUntilMs > Date.now()) return known.principal;
    try {
      const { principal, expiresAtMs } = await this.#check(credentials, digest);
      const trustedUntilMs = Math.min(Date.now() + TRUST_MS, expiresAtMs);
      this.#remembered.set(name, { principal, trustedUntilMs });
      return principal;
    } catch (error) {
      if (error instanceof UnauthenticatedError) this.#remembered.delete(name);
      throw error;
    }
  }

  /** Whose credentials were found good a moment ago; undefined for all others, who are to be authenticated. */
  recall(authorization: string | undefined): Principal | undefined {
    const credentials = credentialsIn(authorization);
    if (credentials === undefined) return undefined;
    const known = this.#remembered.get(digestOf(credentials).toString("base64"));
    return known !== undefined && known.trustedUntilMs > Date.now() ? known.principal : undefined;
  }

  async #check(credentials: string, digest: Buffer): Promise<VerifiedToken> {
    if (this.#adminDigest !== undefined && digestsEqual(digest, this.#adminDigest)) {
      return { principal: { name: "admin-key", roles: ["admin"] }, expiresAtMs: Infinity };
    }
    const id = apiKeyId(credentials);
    if (id !== undefined) return this.#checkKey(id, digest);
    if (this.#verifyToken !== undefined) return this.#verifyToken(credentials);
    throw new UnauthenticatedError("the credentials are no API key of this namespace");
  }

  async #checkKey(id: string, digest: Buffer): Promise<VerifiedToken> {
    const key = await this.store.findApiKey(id);
    // Compared also when there is no such key, so that the time does not tell which ids exist.
    const isRight = digestsEqual(digest, Buffer.from(key?.sha256 ?? "00".repeat(32), "hex"));
    if (key === undefined || !isRight || key.state !== "active") {
      throw new UnauthenticatedError("the API key is unknown in this namespace, expired or revoked");
    }
    const { role, requestsPerSecond, requestsPerDay } = key;
    return {
      principal: { name: `key:${id}`, roles: [role], requestsPerSecond, requestsPerDay },
      expiresAtMs: key.expiresAtMs ?? Infinity,
    };
  }
}

function credentialsIn(authorization: string | undefined): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(authorization ?? "")?.[1];
}
