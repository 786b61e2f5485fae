import { ConfigurationError, UnavailableError } from "@heddle/protocol";
import type { RedisClient } from "./connection.js";

/** By the code of the TLS client: what to do about a certificate of the server that is refused. */
const REMEDIES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "renew it",
  CERT_NOT_YET_VALID: "it begins to hold later; check the clocks of both machines",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "it is for another host; connect to a name that it has, or give that name as REDIS_TLS_SERVERNAME (tls.servername)",
};
const UNTRUSTED =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)$/;
const TRUST = "give the CA that signed it as REDIS_TLS_CA_FILE (tls.ca)";
const CLIENT_CERTIFICATE = "see REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE (tls.cert and tls.key)";

type Problem = Error & { readonly code?: string; readonly lastNodeError?: Problem };

/** Keeps why a client cannot connect, which the failure of a waiting command does not tell. */
export class ConnectionWatch {
  #problem: Problem | undefined;

  constructor(
    client: RedisClient,
    private readonly isEncrypted: boolean,
  ) {
    client.on("error", (error: Problem) => {
      const problem = error.lastNodeError ?? error;
      // The reset of a connection that the server has ended may hide why it did.
      if (!isCut(problem) || this.#problem === undefined) this.#problem = problem;
    });
  }

  /** What to tell whoever could not open a store: in words, with a remedy, and retryable only if waiting may help. */
  explain(failure: unknown): unknown {
    if (!(failure instanceof UnavailableError)) return failure;
    const { cause } = failure;
    if (cause instanceof Error && cause.name === "ReplyError") return explainRefusal(cause, failure);
    return this.#explainProblem(this.#problem ?? failure);
  }

  #explainProblem(problem: Problem): Error {
    const { code = "", message } = problem;
    const more = { cause: problem, details: { reason: code } };
    const remedy = REMEDIES[code] ?? (UNTRUSTED.test(code) ? TRUST : undefined);
    if (remedy !== undefined) {
      return new ConfigurationError(`the certificate of Redis is refused (${code}): ${remedy}`, more);
    }
    if (code.includes("_ALERT_")) {
      const demand = `Redis asks for a client certificate or refuses the one given (${code})`;
      return new ConfigurationError(`${demand}; ${CLIENT_CERTIFICATE}`, more);
    }
    const reason = problem instanceof UnavailableError ? "no answer" : message;
    return new UnavailableError(
      `Redis cannot be reached (${reason}); nothing was sent, repeat later${this.#hint(problem)}`,
      more,
    );
  }

  #hint(problem: Problem): string {
    if (!this.isEncrypted)
      return isCut(problem) ? ". A port that wants TLS does that: use rediss:// there" : "";
    return isCut(problem)
      ? `. It may want another client certificate: ${CLIENT_CERTIFICATE}`
      : ". Is this its port for TLS?";
  }
}

function isCut({ code }: Problem): boolean {
  return code === "ECONNRESET" || code === "EPIPE";
}

function explainRefusal(refusal: Error, failure: UnavailableError): Error {
  const [reason = ""] = refusal.message.split(" ", 1);
  const more = { cause: refusal, details: { reason } };
  if (reason === "NOPERM") {
    const problem = `the Redis user lacks a permission (${refusal.message})`;
    return new ConfigurationError(`${problem}; give it the rules of docs/redis-acl.md`, more);
  }
  if (reason === "NOAUTH" || reason === "WRONGPASS") {
    const problem = `Redis refuses the credentials (${reason})`;
    return new UnavailableError(
      `${problem}; put user and password into REDIS_URL. Nothing was written`,
      more,
    );
  }
  return failure;
}
