import { StopSignal } from "@heddle/core";
import { PayloadTooLargeError, UnavailableError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { persist, retryWaitMs } from "./persistence.js";

const forever = new StopSignal();
const quietly = () => undefined;

test("a call is repeated while the store says that this can help", async () => {
  let calls = 0;
  const errors: unknown[] = [];
  const result = await persist(
    async () => {
      if (++calls < 3) throw new UnavailableError("Redis is away");
      return "answer";
    },
    { stop: forever, onRetry: (error) => errors.push(error) },
  );
  expect(result).toBe("answer");
  expect(errors).toHaveLength(2);
});

test("a refusal is not repeated", async () => {
  let calls = 0;
  const refused = persist(
    async () => {
      calls++;
      throw new PayloadTooLargeError("too large");
    },
    { stop: forever, onRetry: quietly },
  );
  await expect(refused).rejects.toThrow(PayloadTooLargeError);
  expect(calls).toBe(1);
});

test("an error that the store does not declare is repeated only a few times", async () => {
  let calls = 0;
  const failing = persist(
    async () => {
      calls++;
      throw new TypeError("a bug");
    },
    { stop: forever, onRetry: quietly },
  );
  await expect(failing).rejects.toThrow("a bug");
  expect(calls).toBe(5);
});

test("stopping ends a call that never answers, and a wait between two calls", async () => {
  const stop = new StopSignal();
  const unanswered = persist(() => new Promise(() => undefined), { stop, onRetry: quietly });
  const waiting = persist(() => Promise.reject(new UnavailableError("away")), {
    stop,
    onRetry: () => stop.raise(new Error("closed")),
  });
  await expect(unanswered).rejects.toThrow("closed");
  await expect(waiting).rejects.toThrow("closed");
});

test("waits grow to 2 s and at least half of each is waited", () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((tries) => retryWaitMs(tries, 0))).toEqual([
    50, 100, 200, 400, 800, 1_000, 1_000,
  ]);
  expect(retryWaitMs(50, 0.999)).toBe(1_999);
});
