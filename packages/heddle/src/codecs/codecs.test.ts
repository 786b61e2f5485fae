import { randomBytes } from "node:crypto";
import { encodePayload, InvalidArgumentError, type PayloadCodec } from "@heddle/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainCodecs } from "./chain-codecs.js";
import { compression } from "./compression-codec.js";
import { encryption } from "./encryption-codec.js";

const here = { namespace: "shop" };
const [first, second] = [randomBytes(32), randomBytes(32)];
const encrypting = encryption({ keys: { "2026-01": first }, encryptWith: "2026-01" });
const rotated = encryption({ keys: { "2026-01": first, "2026-02": second }, encryptWith: "2026-02" });
const CODECS: readonly (readonly [string, PayloadCodec])[] = [
  ["compression", compression()],
  ["compression of everything", compression({ thresholdBytes: 0 })],
  ["encryption", encrypting],
  ["compression, then encryption", chainCodecs(compression({ thresholdBytes: 0 }), encrypting)],
  ["no codec", chainCodecs()],
];

/** Payloads as the store gets them: a msgpack document each, some of them large and repetitive. */
const arbitraryPayload = fc
  .oneof(
    fc.jsonValue(),
    fc.nat(),
    fc.string().map((text) => text.repeat(500)),
  )
  .map((value) => encodePayload(value));

describe.each(CODECS)("%s", (_name, codec) => {
  test("gives back what it was given, and leaves that untouched", () => {
    fc.assert(
      fc.property(arbitraryPayload, (payload) => {
        const before = Buffer.from(payload);
        const encoded = codec.encode(payload, here);
        expect(Buffer.from(codec.decode(encoded, here)).equals(before)).toBe(true);
        expect(Buffer.from(payload).equals(before)).toBe(true);
      }),
    );
  });

  test("reads what was stored before it was introduced", () => {
    fc.assert(fc.property(arbitraryPayload, (payload) => codec.decode(payload, here) === payload));
  });
});

describe("compression", () => {
  const large = encodePayload("heddle ".repeat(1_000));

  test("takes what is large enough and gets smaller", () => {
    expect(compression().encode(large, here).byteLength).toBeLessThan(large.byteLength / 10);
    expect(compression({ thresholdBytes: 100_000 }).encode(large, here)).toBe(large);
    const noise = encodePayload(randomBytes(2_000));
    expect(compression().encode(noise, here)).toBe(noise);
  });

  test("refuses to inflate more than it may", () => {
    const encoded = compression().encode(large, here);
    expect(() => compression({ maxInflatedBytes: 1_000 }).decode(encoded, here)).toThrow(RangeError);
  });

  test.each([{ thresholdBytes: -1 }, { thresholdBytes: 0.5 }, { maxInflatedBytes: 0 }])(
    "%o is refused",
    (options) => {
      expect(() => compression(options)).toThrow(InvalidArgumentError);
    },
  );
});

describe("encryption", () => {
  const secret = encodePayload({ card: "4111 1111" });

  test("shows nothing of the payload, and never the same twice", () => {
    const encoded = [encrypting.encode(secret, here), encrypting.encode(secret, here)].map((bytes) =>
      Buffer.from(bytes).toString("latin1"),
    );
    expect(encoded[0]).not.toBe(encoded[1]);
    for (const text of encoded) expect(text).not.toContain("4111");
  });

  test("after a rotation the new key encrypts, and both decrypt", () => {
    const old = encrypting.encode(secret, here);
    expect(Buffer.from(rotated.decode(old, here)).equals(secret)).toBe(true);
    const fresh = rotated.encode(secret, here);
    expect(Buffer.from(rotated.decode(fresh, here)).equals(secret)).toBe(true);
    expect(() => encrypting.decode(fresh, here)).toThrow('the key "2026-02" encrypted it');
  });

  test("whatever was changed is refused, and what belongs to another namespace", () => {
    const encoded = encrypting.encode(secret, here);
    // The first two bytes say whose it is; without them it is not taken for encrypted.
    for (let index = 2; index < encoded.byteLength; index++) {
      const changed = Uint8Array.from(encoded);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => encrypting.decode(changed, here), `byte ${index}`).toThrow();
    }
    for (let length = 2; length < encoded.byteLength; length++) {
      expect(() => encrypting.decode(encoded.subarray(0, length), here), `${length} bytes`).toThrow();
    }
    expect(() => encrypting.decode(encoded, { namespace: "other" })).toThrow("another namespace");
  });

  test("another key under the same id is refused", () => {
    const wrong = encryption({ keys: { "2026-01": second }, encryptWith: "2026-01" });
    expect(() => wrong.decode(encrypting.encode(secret, here), here)).toThrow('"2026-01" does not fit');
  });

  test.each<[string, Parameters<typeof encryption>[0]]>([
    ["a short key", { keys: { a: randomBytes(16) }, encryptWith: "a" }],
    ["a key that is a text", { keys: { a: "x".repeat(32) as never }, encryptWith: "a" }],
    ["an empty id", { keys: { "": first }, encryptWith: "" }],
    ["an id that is too long", { keys: { ["k".repeat(65)]: first }, encryptWith: "k" }],
    ["no key to encrypt with", { keys: { a: first }, encryptWith: "b" }],
    ["no keys", { keys: {}, encryptWith: "a" }],
  ])("%s is refused", (_what, options) => {
    expect(() => encryption(options)).toThrow(InvalidArgumentError);
  });
});
