import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { InvalidArgumentError, type PayloadCodec, type PayloadCodecContext } from "@heddle/protocol";
import { tagged, untagged } from "./tagged.js";

const TAG = 2;
const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const AUTH_TAG_BYTES = 16;
const MAX_KEY_ID_BYTES = 64;

export interface EncryptionOptions {
  /** Keys of 32 bytes by their ids. Ids are stored beside what they encrypted; keep a key as long as such data lives. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
  /** Id of the key that encrypts; all of them decrypt. */
  readonly encryptWith: string;
}

/**
 * Encrypts every payload with AES-256-GCM, bound to its namespace; reads what was stored before it was introduced.
 * Layout: key id length, key id, 12 random bytes, authentication tag, ciphertext.
 * Throws `InvalidArgumentError` for a key of another length, a bad id, or when the encrypting one is not there.
 */
export function encryption({ keys, encryptWith }: EncryptionOptions): PayloadCodec {
  const byId = new Map(Object.entries(keys).map(([id, key]) => [id, assertKey(id, key)]));
  const key = byId.get(encryptWith);
  if (key === undefined) {
    throw refused("encryptWith", `names the key ${JSON.stringify(encryptWith)}, which is not among the keys`);
  }
  const id = Buffer.from(encryptWith);
  const header = Buffer.concat([Uint8Array.of(id.byteLength), id]);
  return {
    encode: (payload, context) => {
      // Random and of 96 bits: rotate a key before it has encrypted 2^32 payloads (NIST SP 800-38D, 8.3).
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: AUTH_TAG_BYTES });
      cipher.setAAD(boundTo(header, context));
      const ciphertext = Buffer.concat([cipher.update(payload), cipher.final()]);
      return tagged(TAG, header, iv, cipher.getAuthTag(), ciphertext);
    },
    decode: (encoded, context) => {
      const encrypted = untagged(TAG, encoded);
      if (encrypted === undefined) return encoded;
      const headerEnd = 1 + (encrypted[0] ?? 0);
      const ivEnd = headerEnd + IV_BYTES;
      const tagEnd = ivEnd + AUTH_TAG_BYTES;
      if (encrypted.byteLength < tagEnd) throw new Error("it is shorter than anything that was encrypted");
      const keyId = Buffer.from(encrypted.subarray(1, headerEnd)).toString();
      const itsKey = byId.get(keyId);
      if (itsKey === undefined) {
        throw new Error(`the key ${JSON.stringify(keyId)} encrypted it, which this process does not have`);
      }
      const iv = encrypted.subarray(headerEnd, ivEnd);
      const decipher = createDecipheriv(ALGORITHM, itsKey, iv, { authTagLength: AUTH_TAG_BYTES });
      decipher.setAAD(boundTo(encrypted.subarray(0, headerEnd), context));
      decipher.setAuthTag(encrypted.subarray(ivEnd, tagEnd));
      try {
        return Buffer.concat([decipher.update(encrypted.subarray(tagEnd)), decipher.final()]);
      } catch (cause) {
        throw new Error(
          `the key ${JSON.stringify(keyId)} does not fit it; it was changed, or belongs to another namespace`,
          { cause },
        );
      }
    },
  };
}

function boundTo(header: Uint8Array, { namespace }: PayloadCodecContext): Uint8Array {
  return Buffer.concat([header, Buffer.from(namespace)]);
}

/** A copy: who gave it may wipe its own. */
function assertKey(id: string, key: unknown): Uint8Array {
  const idBytes = Buffer.byteLength(id);
  if (idBytes === 0 || idBytes > MAX_KEY_ID_BYTES || !id.isWellFormed()) {
    throw refused("keys", `has the id ${JSON.stringify(id)}; give 1 to ${MAX_KEY_ID_BYTES} UTF-8 bytes`);
  }
  if (!(key instanceof Uint8Array) || key.byteLength !== KEY_BYTES) {
    throw refused("keys", `has a key ${JSON.stringify(id)} that is no Uint8Array of ${KEY_BYTES} bytes`);
  }
  return Uint8Array.from(key);
}

function refused(field: string, problem: string): InvalidArgumentError {
  return new InvalidArgumentError(`encryption: ${field} ${problem}`, { details: { field } });
}
