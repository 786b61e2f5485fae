// Real tokens and a real issuer on loopback, asked as a request would ask.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@heddle/telemetry";
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type GenerateKeyPairResult,
  type JWK,
  type JWTPayload,
} from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { Authenticator } from "./authenticator.js";
import type { TokenOptions } from "./json-web-token.js";

const ISSUER = "https://issuer.example.org";
const AUDIENCE = "heddle";
const NAMESPACE = "shop";
const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

let trusted: GenerateKeyPairResult;
let stranger: GenerateKeyPairResult;
let issuer: Server;
let issuerUrl: string;
let published: JWK[];
const asked: string[] = [];

beforeAll(async () => {
  trusted = await generateKeyPair("RS256", { extractable: true });
  stranger = await generateKeyPair("RS256", { extractable: true });
  published = [{ ...(await exportJWK(trusted.publicKey)), kid: "k1", alg: "RS256", use: "sig" }];
  issuer = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: request.url === "/jwks" ? published : [] }));
  });
  await new Promise<void>((listening) => issuer.listen(0, "127.0.0.1", listening));
  issuerUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((closed) => issuer.close(closed)));
beforeEach(() => void asked.splice(0));

function authenticatorWith(options: Partial<TokenOptions> = {}): Authenticator {
  const tokens = { keys: { url: `${issuerUrl}/jwks` }, issuer: ISSUER, audience: [AUDIENCE], ...options };
  const withoutKeys = { namespace: NAMESPACE, findApiKey: () => Promise.resolve(undefined) };
  return new Authenticator(withoutKeys, { tokens }, createLogger({ name: "test", level: "silent" }));
}

const CLAIMS: JWTPayload = {
  ...{ iss: ISSUER, aud: AUDIENCE, sub: "ada" },
  ...{ heddle_roles: ["operator"], heddle_namespaces: [NAMESPACE] },
};

interface Shape {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Record<string, unknown>;
  readonly key?: CryptoKey | Uint8Array;
}

function tokenOf({ claims = {}, header = {}, key = trusted.privateKey }: Shape = {}): Promise<string> {
  const whole = { exp: nowSeconds() + 600, ...CLAIMS, ...claims };
  // An undefined claim is left out of the token.
  return new SignJWT(JSON.parse(JSON.stringify(whole)) as JWTPayload)
    .setProtectedHeader({ alg: "RS256", kid: "k1", ...header })
    .sign(key);
}

const unsigned = (header: object): string =>
  [header, { ...CLAIMS, exp: nowSeconds() + 600 }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".") + ".";

const authenticate = (token: string, authenticator = authenticatorWith()) =>
  authenticator.authenticate(`Bearer ${token}`, () => undefined);

test("a token of the issuer is taken, with the role that it has here", async () => {
  expect(await authenticate(await tokenOf())).toEqual({ name: "jwt:ada", roles: ["operator"] });
  expect(asked).toEqual(["/jwks"]);
});

test("the issuer's keys may be in a file; while it cannot be read nobody is called a liar", async () => {
  const folder = await mkdtemp(join(tmpdir(), "heddle-jwks-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "jwks.json");
  await writeFile(file, JSON.stringify({ keys: published }));
  const token = await tokenOf();
  expect(await authenticate(token, authenticatorWith({ keys: { file } }))).toMatchObject({ name: "jwt:ada" });
  expect(asked).toEqual([]);
  const nowhere = authenticatorWith({ keys: { file: join(folder, "nowhere.json") } });
  await expect(authenticate(token, nowhere)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

describe("a token is refused with 401, and nobody but the pinned issuer is asked", () => {
  const attacker = (): string => `${issuerUrl}/attacker`;
  const cases: readonly [name: string, token: () => string | Promise<string>][] = [
    ["no algorithm", () => unsigned({ alg: "none", kid: "k1" })],
    ["no algorithm, in capitals", () => unsigned({ alg: "NONE", kid: "k1" })],
    [
      "HS256 with the public key as its secret",
      async () =>
        tokenOf({
          header: { alg: "HS256" },
          key: new TextEncoder().encode(await exportSPKI(trusted.publicKey)),
        }),
    ],
    ["the key of a stranger", () => tokenOf({ key: stranger.privateKey })],
    ["an unknown key id", () => tokenOf({ header: { kid: "k2" }, key: stranger.privateKey })],
    ["no key id", () => tokenOf({ header: { kid: undefined } })],
    ["a key id that is a path", () => tokenOf({ header: { kid: "../../../dev/null" } })],
    ["a key id that is SQL", () => tokenOf({ header: { kid: "k1' OR '1'='1" } })],
    ["jku to an attacker", () => tokenOf({ header: { jku: attacker() }, key: stranger.privateKey })],
    ["x5u to an attacker", () => tokenOf({ header: { x5u: attacker() }, key: stranger.privateKey })],
    [
      "an embedded key",
      async () => tokenOf({ header: { jwk: await exportJWK(stranger.publicKey) }, key: stranger.privateKey }),
    ],
    ["an unknown critical header", () => unsigned({ alg: "RS256", kid: "k1", crit: ["x"], x: 1 })],
    ["expired", () => tokenOf({ claims: { exp: nowSeconds() - 61 } })],
    ["no expiry", () => tokenOf({ claims: { exp: undefined } })],
    ["not valid yet", () => tokenOf({ claims: { nbf: nowSeconds() + 61 } })],
    ["another audience", () => tokenOf({ claims: { aud: "billing" } })],
    ["a list of other audiences", () => tokenOf({ claims: { aud: ["billing", "heddle-2"] } })],
    ["no audience", () => tokenOf({ claims: { aud: undefined } })],
    ["another issuer", () => tokenOf({ claims: { iss: "https://issuer.example.org.evil" } })],
    ["no issuer", () => tokenOf({ claims: { iss: undefined } })],
    ["no subject", () => tokenOf({ claims: { sub: undefined } })],
    ["an empty subject", () => tokenOf({ claims: { sub: "" } })],
    ["a subject of 256 characters", () => tokenOf({ claims: { sub: "x".repeat(256) } })],
    ["an altered claim", async () => altered(await tokenOf())],
    ["a cut signature", async () => (await tokenOf()).slice(0, -4)],
    ["two parts", () => "eyJhbGciOiJSUzI1NiJ9.e30"],
    ["five parts", () => "a.b.c.d.e"],
    ["no base64url", () => "§.§.§"],
    ["one megabyte", () => `${"x".repeat(1_000_000)}.y.z`],
  ];

  test.each(cases)("%s", async (_name, token) => {
    await expect(authenticate(await token())).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      httpStatus: 401,
    });
    expect(asked.filter((path) => path !== "/jwks")).toEqual([]);
  });
});

function altered(token: string): string {
  const [header, , signature] = token.split(".");
  const claims = { ...CLAIMS, exp: nowSeconds() + 600, heddle_roles: ["admin"] };
  return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

describe("a token is taken", () => {
  test.each([
    ["that has just expired, because clocks differ", { exp: nowSeconds() - 5 }],
    ["whose list of audiences has ours", { aud: ["billing", AUDIENCE] }],
  ])("%s", async (_name, claims) => {
    expect(await authenticate(await tokenOf({ claims }))).toMatchObject({ name: "jwt:ada" });
  });

  test("with an algorithm only if it is on the list", async () => {
    const token = await tokenOf();
    const strict = authenticatorWith({ algorithms: ["ES256"] });
    await expect(authenticate(token, strict)).rejects.toThrow("its algorithm is not allowed");
  });
});

describe("the roles", () => {
  const rolesOf = async (claims: Readonly<Record<string, unknown>>, options?: Partial<TokenOptions>) =>
    (await authenticate(await tokenOf({ claims }), authenticatorWith(options))).roles.join();
  const none = { heddle_namespaces: undefined };

  test.each<[name: string, claims: Readonly<Record<string, unknown>>, roles: string]>([
    ["of the namespace", { heddle_roles: "reader" }, "reader"],
    ["of all namespaces", { heddle_roles: "reader", heddle_namespaces: "*" }, "reader"],
    ["are all that are named", { heddle_roles: ["signaller", "worker"] }, "worker,signaller"],
    ["are taken from words", { heddle_roles: "openid reader signaller" }, "reader,signaller"],
    ["may name their namespace", { heddle_roles: ["other:admin", "shop:reader"], ...none }, "reader"],
    ["may be one of all namespaces", { heddle_roles: ["*:signaller"], ...none }, "signaller"],
    ["of another namespace is none", { heddle_namespaces: ["other"] }, ""],
    ["without a namespace is none", none, ""],
    ["with a longer name is none", { heddle_roles: ["shop:admin:x", "Admin"] }, ""],
    ["that is no text is none", { heddle_roles: [["admin"], { admin: true }, 1] }, ""],
    ["that is missing is none", { heddle_roles: undefined }, ""],
  ])("%s", async (_name, claims, roles) => {
    expect(await rolesOf(claims)).toBe(roles);
  });

  test("comes from the claims that the configuration names, also from inside one", async () => {
    const options = { roleClaim: "realm_access.roles", namespaceClaim: "https://example.org/tenants" };
    const claims = { realm_access: { roles: ["signaller"] }, "https://example.org/tenants": ["shop"] };
    expect(await rolesOf({ ...claims, heddle_roles: "admin" }, options)).toBe("signaller");
    expect(await rolesOf({ heddle_roles: "admin" }, { roleClaim: "__proto__.roles" })).toBe("");
  });
});
