import { InvalidArgumentError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { activity, DEFAULT_QUEUE, type ActivityContext, type ActivityOptions } from "./activity.js";

const execute = (): number => 5;

test("an activity runs on the default queue with the default policy unless told otherwise", () => {
  const ping = activity({ name: "ping", execute });
  expect(ping).toMatchObject({
    kind: "activity",
    name: "ping",
    queue: DEFAULT_QUEUE,
    retry: {},
    timeouts: {},
  });
  expect(ping.policy).toMatchObject({ maxAttempts: 3, initialBackoffMs: 1_000 });
});

test("retry and timeouts are kept as written and resolved to ms", () => {
  const charge = activity({
    name: "charge",
    queue: "payments",
    retry: { maxAttempts: 5 },
    timeouts: { startToClose: "30s" },
    execute,
  });
  expect(charge).toMatchObject({
    queue: "payments",
    retry: { maxAttempts: 5 },
    timeouts: { startToClose: "30s" },
    policy: { maxAttempts: 5, startToCloseMs: 30_000 },
  });
});

test("the code gets input and context, and may use `this` of its options", () => {
  const options = {
    name: "charge",
    currency: "EUR",
    execute(input: number, context: ActivityContext) {
      return `${input} ${this.currency} ${context.attempt}`;
    },
  };
  expect(activity(options).execute(5, { attempt: 2 } as ActivityContext)).toBe("5 EUR 2");
});

test("an activity is completed by what its code returns, unless it says otherwise", () => {
  expect(activity({ name: "ping", execute }).asyncComplete).toBe(false);
  expect(activity({ name: "ping", execute, asyncComplete: true }).asyncComplete).toBe(true);
});

test.each<[string, object]>([
  ["an empty name", { name: "", execute }],
  ["a name over 128 bytes", { name: "x".repeat(129), execute }],
  ["a queue with a colon", { name: "charge", queue: "a:b", execute }],
  ["no attempts", { name: "charge", retry: { maxAttempts: 0 }, execute }],
  ["a timeout of nothing", { name: "charge", timeouts: { heartbeat: 0 }, execute }],
  ["a timeout that is no duration", { name: "charge", timeouts: { startToClose: "soon" }, execute }],
  ["no code", { name: "charge" }],
])("%s is refused where the activity is defined", (_what, options) => {
  expect(() => activity(options as ActivityOptions<void, number>)).toThrow(InvalidArgumentError);
});
