// How senders sign. All of them use HMAC-SHA256; they differ in what is signed and in which headers say so.
import type { IncomingHttpHeaders } from "node:http";
import { JsonPointer } from "../json/json-pointer.js";
import { SignatureRefusedError } from "./signature-refused-error.js";
import type { ValueSource } from "./value-source.js";

/** How far a signed time may be from ours, to either side. */
const WINDOW_MS = 5 * 60_000;
const LEAST_SECRET_LENGTH = 16;
/** Standard Webhooks asks for 24 to 64 bytes. */
const LEAST_KEY_BYTES = 24;

/** What a request claims before its body is read. */
export interface SignatureClaim {
  /** What is signed before the body. */
  readonly prefix: string;
  /** One right one is enough: a sender that rotates its secret sends several. */
  readonly signatures: readonly Buffer[];
}

export interface SignatureScheme {
  /** Where the sender says which event it is, the same in every repetition. */
  readonly eventId: ValueSource;
  /** Key of the HMAC; undefined when the secret is none of this scheme. */
  keyOf(secret: string): Buffer | undefined;
  /** What a secret has to be. */
  readonly secretForm: string;
  /** Throws `SignatureRefusedError` for headers that cannot be right, whatever the body. */
  claimOf(headers: IncomingHttpHeaders, nowMs: number): SignatureClaim;
}

/** https://www.standardwebhooks.com; senders that use Svix name the headers after it. */
function standardScheme(vendor: "webhook" | "svix"): SignatureScheme {
  return {
    eventId: { header: `${vendor}-id` },
    keyOf: (secret) => keyOfBase64(secret.replace(/^whsec_/, "")),
    secretForm: `must be base64 of ${LEAST_KEY_BYTES} bytes or more, with or without whsec_ before it`,
    claimOf(headers, nowMs) {
      const id = headerOf(headers, `${vendor}-id`);
      const seconds = headerOf(headers, `${vendor}-timestamp`);
      assertFresh(seconds, nowMs);
      const signatures = headerOf(headers, `${vendor}-signature`)
        .split(" ")
        .flatMap((each) => /^v1,([A-Za-z0-9+/]{43}=)$/.exec(each)?.[1] ?? []);
      return claim(`${id}.${seconds}.`, signatures, "base64");
    },
  };
}

/** https://docs.stripe.com/webhooks#verify-manually */
const stripe: SignatureScheme = {
  eventId: { pointer: new JsonPointer("/id") },
  keyOf: keyOfText,
  secretForm: `must have at least ${LEAST_SECRET_LENGTH} characters`,
  claimOf(headers, nowMs) {
    const parts = headerOf(headers, "stripe-signature").split(",");
    const valuesOf = (name: string): string[] =>
      parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1));
    const [seconds = "", ...others] = valuesOf("t");
    if (others.length > 0) throw new SignatureRefusedError("stripe-signature has several times");
    assertFresh(seconds, nowMs);
    return claim(`${seconds}.`, valuesOf("v1").filter(isHexDigest), "hex");
  },
};

/** https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries. It signs no time and no header. */
const github: SignatureScheme = {
  eventId: { header: "x-github-delivery" },
  keyOf: keyOfText,
  secretForm: `must have at least ${LEAST_SECRET_LENGTH} characters`,
  claimOf(headers) {
    const signature = headerOf(headers, "x-hub-signature-256").replace(/^sha256=/, "");
    return claim("", [signature].filter(isHexDigest), "hex");
  },
};

export const SIGNATURE_SCHEMES = {
  standard: standardScheme("webhook"),
  svix: standardScheme("svix"),
  stripe,
  github,
} as const satisfies Record<string, SignatureScheme>;

function keyOfText(secret: string): Buffer | undefined {
  return secret.length >= LEAST_SECRET_LENGTH ? Buffer.from(secret, "utf8") : undefined;
}

function keyOfBase64(secret: string): Buffer | undefined {
  const key = Buffer.from(secret, "base64");
  // Node skips what is no base64, so that any text at all would be a key.
  const isWhole = key.toString("base64").replace(/=+$/, "") === secret.replace(/=+$/, "");
  return isWhole && key.byteLength >= LEAST_KEY_BYTES ? key : undefined;
}

function headerOf(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  if (typeof value !== "string" || value === "")
    throw new SignatureRefusedError(`there is no header ${name}`);
  return value;
}

function assertFresh(seconds: string, nowMs: number): void {
  if (!/^\d{1,12}$/.test(seconds)) throw new SignatureRefusedError("the time is no whole number of seconds");
  const aheadMs = Number(seconds) * 1_000 - nowMs;
  if (aheadMs < -WINDOW_MS) throw new SignatureRefusedError("the time is more than 5 minutes ago");
  if (aheadMs > WINDOW_MS) throw new SignatureRefusedError("the time is more than 5 minutes ahead");
}

function isHexDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/i.test(text);
}

function claim(prefix: string, signatures: readonly string[], encoding: "base64" | "hex"): SignatureClaim {
  if (signatures.length === 0) throw new SignatureRefusedError("no signature has the form of the scheme");
  return { prefix, signatures: signatures.map((each) => Buffer.from(each, encoding)) };
}
