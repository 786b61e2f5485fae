import { expect, test } from "vitest";
import { createLogger } from "./logger.js";

function capturing(options: { redact?: readonly string[] } = {}) {
  const lines: string[] = [];
  const log = createLogger({ name: "test", ...options, destination: { write: (line) => lines.push(line) } });
  return { log, lines };
}

test("a secret in a field is hidden at the top level and below", () => {
  const { log, lines } = capturing();
  log.info({ password: "hunter2", redis: { password: "hunter2", tls: { secret: "hunter2" } } }, "connecting");
  expect(lines.join("")).not.toContain("hunter2");
  expect(lines.join("")).toContain("connecting");
});

test("the password of a URL is hidden wherever it stands in a line", () => {
  const { log, lines } = capturing();
  const error = new Error("cannot reach redis://admin:hunter2@example.org:6379/0");
  log.error({ err: error, url: "rediss://:hunter2@example.org" }, "gave up on redis://a:hunter2@b");
  expect(lines.join("")).not.toContain("hunter2");
  expect(lines.join("")).toContain("redis://admin:[redacted]@example.org:6379/0");
});

test("a URL without a password and an address in a text stay as they are", () => {
  const { log, lines } = capturing();
  log.info({ url: "redis://127.0.0.1:6379" }, "write to team@example.org at 10:30");
  expect(lines.join("")).toContain("redis://127.0.0.1:6379");
  expect(lines.join("")).toContain("write to team@example.org at 10:30");
});

test("what is secret of an API key is hidden wherever it stands, and its id is not", () => {
  const { log, lines } = capturing();
  const secret = "aB_-".repeat(11).slice(0, 43);
  log.warn(
    { header: `Bearer heddle_0123456789abcdef_${secret}` },
    `refused heddle_0123456789abcdef_${secret}`,
  );
  expect(lines.join("")).not.toContain(secret);
  expect(lines.join("")).toContain("heddle_0123456789abcdef_[redacted]");
});

test("a signed token is hidden wherever it stands", () => {
  const { log, lines } = capturing();
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = `${part({ alg: "RS256", kid: "k" })}.${part({ sub: "ada" })}.c2lnbmF0dXJl`;
  log.error({ err: new Error(`cannot check ${token}`), url: `/a?access_token=${token}` }, token);
  expect(lines.join("")).not.toContain("c2lnbmF0dXJl");
  expect(lines.join("")).not.toContain(part({ sub: "ada" }));
});

test("a caller can name more paths to hide", () => {
  const { log, lines } = capturing({ redact: ["customer.iban"] });
  log.info({ customer: { iban: "DE00", city: "Ulm" } }, "paid");
  expect(lines.join("")).not.toContain("DE00");
  expect(lines.join("")).toContain("Ulm");
});

test("what strangers put into an id cannot break or colour a line, and is still told", () => {
  const { log, lines } = capturing();
  const id = "a\r\nb\u001b[31mc\u009b31md\u2028e\u2029f\u007fg";
  log.info({ id }, `about ${id}`);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(lines.join("")).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+\n$/);
  expect(JSON.parse(lines.join(""))).toMatchObject({ id, msg: `about ${id}` });
});
