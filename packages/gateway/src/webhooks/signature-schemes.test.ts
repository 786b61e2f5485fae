import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, test } from "vitest";
import { isSigned } from "./is-signed.js";
import { SignatureRefusedError } from "./signature-refused-error.js";
import { SIGNATURE_SCHEMES } from "./signature-schemes.js";

const { standard, svix, stripe, github } = SIGNATURE_SCHEMES;
const BODY = Buffer.from('{"test": 2432232314}');
const NOW = 1_614_265_330;
const KEY = Buffer.alloc(32, 7);

interface Signed {
  readonly headers: IncomingHttpHeaders;
  readonly keys: readonly Buffer[];
  readonly atSeconds?: number;
  readonly body?: Buffer;
}

/** Whether the request is good; the reason when its headers cannot be. */
function verdict(
  scheme: typeof standard,
  { headers, keys, atSeconds = NOW, body = BODY }: Signed,
): boolean | string {
  try {
    return isSigned(body, scheme.claimOf(headers, atSeconds * 1_000), keys);
  } catch (error) {
    if (error instanceof SignatureRefusedError) return error.reason;
    throw error;
  }
}

const hmac = (key: Buffer, content: string, encoding: "base64" | "hex"): string =>
  createHmac("sha256", key).update(content).digest(encoding);
const standardHeaders = (key = KEY, seconds: number | string = NOW): Record<string, string> => ({
  "webhook-id": "msg_1",
  "webhook-timestamp": String(seconds),
  "webhook-signature": `v1,${hmac(key, `msg_1.${seconds}.${BODY.toString()}`, "base64")}`,
});
const stripeHeaders = (key = KEY, seconds: number | string = NOW): Record<string, string> => ({
  "stripe-signature": `t=${seconds},v1=${hmac(key, `${seconds}.${BODY.toString()}`, "hex")},v0=${"0".repeat(64)}`,
});
const githubHeaders = (key = KEY): Record<string, string> => ({
  "x-hub-signature-256": `sha256=${hmac(key, BODY.toString(), "hex")}`,
});

test("GitHub's own example is good", () => {
  const key = github.keyOf("It's a Secret to Everybody");
  const digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  const headers = { "x-hub-signature-256": `sha256=${digest}` };
  expect(verdict(github, { headers, keys: [key ?? KEY], body: Buffer.from("Hello, World!") })).toBe(true);
});

describe.each([
  ["standard", standard, standardHeaders],
  ["stripe", stripe, stripeHeaders],
  ["github", github, githubHeaders],
] as const)("%s", (_name, scheme, sign) => {
  test("takes what one of several active secrets has signed", () => {
    const old = Buffer.alloc(32, 1);
    expect(verdict(scheme, { headers: sign(), keys: [KEY] })).toBe(true);
    expect(verdict(scheme, { headers: sign(old), keys: [KEY, old] })).toBe(true);
    expect(verdict(scheme, { headers: sign(old), keys: [KEY] })).toBe(false);
  });

  test("refuses a body with one space more", () => {
    const body = Buffer.from(`${BODY.toString()} `);
    expect(verdict(scheme, { headers: sign(), keys: [KEY], body })).toBe(false);
  });

  test("never takes an empty key, though anybody can sign with it", () => {
    const empty = Buffer.alloc(0);
    expect(verdict(scheme, { headers: sign(empty), keys: [empty] })).toBe(false);
    expect(scheme.keyOf("")).toBeUndefined();
    expect(scheme.keyOf("short")).toBeUndefined();
  });

  test("refuses a request without its headers, or with others' form", () => {
    for (const name of Object.keys(sign())) {
      expect(verdict(scheme, { headers: { ...sign(), [name]: undefined }, keys: [KEY] })).toMatch(
        /no header/,
      );
      expect(verdict(scheme, { headers: { ...sign(), [name]: "" }, keys: [KEY] })).toMatch(/no header/);
    }
    const [signature = ""] = Object.keys(sign()).slice(-1);
    for (const value of ["x", "v1,", "sha256=", "t=1,v1=", "sha256=zz", "v1,AAAA", `v1,${"A".repeat(200)}`]) {
      expect(verdict(scheme, { headers: { ...sign(), [signature]: value }, keys: [KEY] })).not.toBe(true);
    }
  });
});

describe.each([
  ["standard", standard, standardHeaders],
  ["stripe", stripe, stripeHeaders],
] as const)("%s, which signs the time", (_name, scheme, sign) => {
  test("takes what is at most five minutes old or ahead", () => {
    for (const atSeconds of [NOW - 300, NOW + 300]) {
      expect(verdict(scheme, { headers: sign(), keys: [KEY], atSeconds })).toBe(true);
    }
    expect(verdict(scheme, { headers: sign(), keys: [KEY], atSeconds: NOW + 301 })).toMatch(/ago/);
    expect(verdict(scheme, { headers: sign(), keys: [KEY], atSeconds: NOW - 301 })).toMatch(/ahead/);
  });

  test.each(["", "1e9", "-1", " 1614265330", "1614265330.5", "0x60", "9".repeat(30)])(
    "refuses the time %j",
    (seconds) => {
      expect(verdict(scheme, { headers: sign(KEY, seconds), keys: [KEY] })).toMatch(/time/);
    },
  );
});

test("another time than the signed one makes a bad signature", () => {
  const later = { "webhook-timestamp": String(NOW + 1) };
  expect(verdict(standard, { headers: { ...standardHeaders(), ...later }, keys: [KEY] })).toBe(false);
  const moved = stripeHeaders()["stripe-signature"]?.replace(`t=${NOW}`, `t=${NOW + 1}`);
  expect(verdict(stripe, { headers: { "stripe-signature": moved }, keys: [KEY] })).toBe(false);
  const twice = `${stripeHeaders()["stripe-signature"] ?? ""},t=${NOW + 1}`;
  expect(verdict(stripe, { headers: { "stripe-signature": twice }, keys: [KEY] })).toMatch(/several times/);
});

test("of several signatures one right one is enough, and other versions do not count", () => {
  const right = standardHeaders()["webhook-signature"] ?? "";
  const wrong = standardHeaders(Buffer.alloc(32, 1))["webhook-signature"] ?? "";
  const withSignature = (signature: string) => ({ ...standardHeaders(), "webhook-signature": signature });
  expect(verdict(standard, { headers: withSignature(`v1a,xyz ${wrong} ${right}`), keys: [KEY] })).toBe(true);
  expect(verdict(standard, { headers: withSignature(right.replace("v1,", "v2,")), keys: [KEY] })).toMatch(
    /form/,
  );
});

test("Svix names the headers after itself", () => {
  const renamed = Object.entries(standardHeaders()).map(([name, value]) => [
    name.replace("webhook", "svix"),
    value,
  ]);
  expect(verdict(svix, { headers: Object.fromEntries(renamed) as IncomingHttpHeaders, keys: [KEY] })).toBe(
    true,
  );
});

test("secrets of Standard Webhooks are base64 of at least 24 bytes, with or without their prefix", () => {
  const secret = KEY.toString("base64");
  expect(standard.keyOf(secret)).toEqual(KEY);
  expect(standard.keyOf(`whsec_${secret}`)).toEqual(KEY);
  for (const other of [
    "whsec_",
    "not base64 but long enough to be a key",
    Buffer.alloc(23).toString("base64"),
  ]) {
    expect(standard.keyOf(other)).toBeUndefined();
  }
});
