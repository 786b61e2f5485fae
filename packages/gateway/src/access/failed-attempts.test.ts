import { RateLimitedError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { FailedAttempts } from "./failed-attempts.js";

function attemptsAt() {
  const clock = { nowMs: 1_000_000 };
  return { clock, attempts: new FailedAttempts(() => clock.nowMs) };
}

test("an address may fail twenty times in a row, then once every three seconds", () => {
  const { clock, attempts } = attemptsAt();
  for (let attempt = 0; attempt < 20; attempt++) {
    attempts.assertMayTry("10.0.0.1");
    attempts.count("10.0.0.1");
  }
  expect(() => attempts.assertMayTry("10.0.0.1")).toThrow(RateLimitedError);
  expect(() => attempts.assertMayTry("10.0.0.1")).toThrow(
    expect.objectContaining({ details: { retryAfterMs: 3_000 } }),
  );
  attempts.assertMayTry("10.0.0.2");
  clock.nowMs += 3_000;
  attempts.assertMayTry("10.0.0.1");
  attempts.count("10.0.0.1");
  expect(() => attempts.assertMayTry("10.0.0.1")).toThrow(RateLimitedError);
});

test("an address that was quiet for a minute may fail as often as before", () => {
  const { clock, attempts } = attemptsAt();
  for (let attempt = 0; attempt < 20; attempt++) attempts.count("::1");
  clock.nowMs += 60_000;
  for (let attempt = 0; attempt < 20; attempt++) {
    attempts.assertMayTry("::1");
    attempts.count("::1");
  }
  expect(() => attempts.assertMayTry("::1")).toThrow(RateLimitedError);
});

test("strangers cannot make it remember without end", () => {
  const { attempts } = attemptsAt();
  for (let attempt = 0; attempt < 20; attempt++) attempts.count("first");
  for (let address = 0; address < 10_000; address++) attempts.count(`a${address}`);
  attempts.assertMayTry("first");
});
