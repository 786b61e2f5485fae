import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@heddle/protocol";
import { afterAll, expect, test } from "vitest";
import { redisConnectionTo } from "./common-configuration.js";

const folder = mkdtempSync(join(tmpdir(), "heddle-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [CERT, KEY, JUNK] = ["a.pem", "a.key", "junk.pem"].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
execFileSync(
  "openssl",
  [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-keyout", KEY, "-out", CERT, "-subj", "/CN=a", "-days", "1"],
  ],
  { stdio: "ignore" },
);
writeFileSync(JUNK, "no certificate");

const URL_WITH_TLS = "rediss://redis.example.org";

test("without its variables the URL alone decides", () => {
  for (const url of ["redis://localhost", URL_WITH_TLS]) {
    expect(redisConnectionTo(url, { REDIS_TLS_CA_FILE: "" })).toEqual({ url });
  }
});

test("certificates are read from their files", () => {
  const pem = expect.stringMatching(/^-----BEGIN /) as string;
  expect(
    redisConnectionTo(URL_WITH_TLS, {
      REDIS_TLS_CA_FILE: CERT,
      REDIS_TLS_CERT_FILE: CERT,
      REDIS_TLS_KEY_FILE: KEY,
      REDIS_TLS_SERVERNAME: "redis",
    }),
  ).toEqual({ url: URL_WITH_TLS, tls: { ca: pem, cert: pem, key: pem, servername: "redis" } });
});

test.each([
  [
    "REDIS_TLS_CA_FILE is set, but REDIS_URL does not begin with rediss",
    "redis://a",
    { REDIS_TLS_CA_FILE: CERT },
  ],
  ["REDIS_TLS_SERVERNAME is set, but REDIS_URL", "redis://a", { REDIS_TLS_SERVERNAME: "a" }],
  ["REDIS_TLS_CA_FILE is .*cannot be read", URL_WITH_TLS, { REDIS_TLS_CA_FILE: join(folder, "none") }],
  ["REDIS_TLS_CA_FILE holds no certificate", URL_WITH_TLS, { REDIS_TLS_CA_FILE: JUNK }],
  ["REDIS_TLS_KEY_FILE is not set", URL_WITH_TLS, { REDIS_TLS_CERT_FILE: CERT }],
  ["REDIS_TLS_CERT_FILE is not set", URL_WITH_TLS, { REDIS_TLS_KEY_FILE: KEY }],
  [
    "REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE are no certificate and its key",
    URL_WITH_TLS,
    { REDIS_TLS_CERT_FILE: CERT, REDIS_TLS_KEY_FILE: JUNK },
  ],
])("a fault is told by the variable's name: %s", (message, url, environment) => {
  const read = () => redisConnectionTo(url, environment);
  expect(read).toThrow(ConfigurationError);
  expect(read).toThrow(new RegExp(`^${message}`));
});
