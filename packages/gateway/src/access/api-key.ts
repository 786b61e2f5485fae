import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/** `heddle_<id>_<secret>`: 64 random bits to look it up by, 256 that nobody can guess. */
const FORM = /^heddle_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

export interface FreshApiKey {
  readonly id: string;
  /** The key itself; it is shown once and kept nowhere. */
  readonly key: string;
  readonly sha256: string;
}

export function freshApiKey(): FreshApiKey {
  const id = randomBytes(8).toString("hex");
  const key = `heddle_${id}_${randomBytes(32).toString("base64url")}`;
  return { id, key, sha256: digestOf(key).toString("hex") };
}

/** Undefined for what has not the form of a key. */
export function apiKeyId(credentials: string): string | undefined {
  return FORM.exec(credentials)?.[1];
}

/** SHA-256. A plain digest is enough, because keys are too random to be guessed from it. */
export function digestOf(credentials: string): Buffer {
  return hash("sha256", credentials, "buffer");
}

/** In a time that does not depend on where the two differ. Digests, because they have equal lengths. */
export function digestsEqual(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
