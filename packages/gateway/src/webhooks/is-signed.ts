import { createHmac } from "node:crypto";
import { digestsEqual } from "../access/api-key.js";
import type { SignatureClaim } from "./signature-schemes.js";

/** Whether one of the keys made one of the signatures for exactly these bytes. Compares in constant time. */
export function isSigned(body: Uint8Array, claim: SignatureClaim, keys: readonly Buffer[]): boolean {
  // Whoever can read this code knows an empty key.
  const digests = keys
    .filter((key) => key.byteLength > 0)
    // Headers as the bytes that were sent: Node reads each as one Latin-1 character.
    .map((key) => createHmac("sha256", key).update(claim.prefix, "latin1").update(body).digest());
  return digests.some((digest) => claim.signatures.some((signature) => digestsEqual(signature, digest)));
}
