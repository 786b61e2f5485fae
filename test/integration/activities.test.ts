// Activities as a workflow sees them: retries, the four timeouts, heartbeats, and what cannot be run at all.
import { randomNamespace, waitFor } from "@heddle/testkit";
import { activity, workflow, type ActivityContext, type RunOptions } from "heddle";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

class BookingError extends Error {
  override name = "BookingError";
  constructor(
    message: string,
    readonly details?: object,
  ) {
    super(message);
  }
}

/** An engine with one activity, and a workflow that runs it with given options and tells how it ended. */
async function openCaller(execute: (context: ActivityContext) => unknown, retry: RunOptions["retry"] = {}) {
  const attempts: ActivityContext[] = [];
  const book = activity({
    name: "book",
    retry: { initialBackoff: 20, ...retry },
    execute: async (_input: void, context) => {
      attempts.push(context);
      return execute(context);
    },
  });
  const caller = workflow({ name: "caller" }).execute(async function* (ctx, options: RunOptions) {
    const startedAtMs = ctx.now();
    try {
      const value = yield* ctx.run(book, undefined, options);
      return { value, tookMs: ctx.now() - startedAtMs };
    } catch (error) {
      const { name, message, cause } = error as Error & { cause?: Error };
      return { error: name, message, cause: cause?.name, causeMessage: cause?.message };
    }
  });
  const engine = await openEngine({ workflows: [caller], activities: [book] });
  const run = async (options: RunOptions = {}) => (await engine.start("caller", options)).result();
  return { engine, run, attempts };
}

/** Waits for its abort signal, as code that hangs in a call does. */
function hang(context: ActivityContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    context.signal.addEventListener("abort", () => reject(context.signal.reason as Error));
  });
}

test("a failed attempt is tried again until it succeeds, with one idempotency key", async () => {
  const { run, attempts } = await openCaller(({ attempt }) => {
    if (attempt < 3) throw new BookingError("full");
    return `room ${attempt}`;
  });
  expect(await run()).toMatchObject({ value: "room 3" });
  expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  expect(new Set(attempts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
});

test("after the last attempt the code gets an error whose cause is the last failure", async () => {
  const { run, attempts } = await openCaller(({ attempt }) => {
    throw new BookingError(`full ${attempt}`);
  });
  expect(await run({ retry: { maxAttempts: 2 } })).toMatchObject({
    error: "ActivityFailedError",
    message: expect.stringContaining(`"book" failed on attempt 2`) as unknown,
    cause: "BookingError",
    causeMessage: "full 2",
  });
  expect(attempts).toHaveLength(2);
});

test("an error named nonRetryable is final at once", async () => {
  const { run, attempts } = await openCaller(() => {
    throw new BookingError("closed for good");
  });
  const result = await run({ retry: { nonRetryable: ["BookingError"] } });
  expect(result).toMatchObject({ error: "ActivityFailedError", cause: "BookingError" });
  expect(attempts).toHaveLength(1);
});

test("back-off follows the policy, and a failure's own nextDelayMs replaces it", async () => {
  const { run } = await openCaller(({ attempt }) => {
    if (attempt < 3) throw new BookingError("full");
    return "room";
  });
  const backoff = { initialBackoff: 100, backoffMultiplier: 3 };
  const slow = await run({ retry: backoff });
  expect(slow).toMatchObject({ value: "room" });
  expect((slow as { tookMs: number }).tookMs).toBeGreaterThanOrEqual(400);

  const own = await openCaller(({ attempt }) => {
    if (attempt < 3) throw new BookingError("full", { nextDelayMs: 5 });
    return "room";
  });
  const fast = await own.run({ retry: { initialBackoff: "20s" } });
  expect((fast as { tookMs: number }).tookMs).toBeLessThan(10_000);
});

test("start-to-close ends an attempt, aborts its code and is tried again", async () => {
  const { run, attempts } = await openCaller((context) => (context.attempt === 1 ? hang(context) : "room"));
  expect(await run({ timeouts: { startToClose: 100 } })).toMatchObject({ value: "room" });
  expect(attempts).toHaveLength(2);
  await waitFor(() => attempts[0]?.signal.aborted, { description: "the first attempt is aborted" });
});

test("start-to-close on the last attempt is an ActivityTimedOutError that names the limit", async () => {
  const { run } = await openCaller(hang);
  expect(await run({ timeouts: { startToClose: 50 }, retry: { maxAttempts: 1 } })).toMatchObject({
    error: "ActivityTimedOutError",
    causeMessage: expect.stringMatching(/start-?to-?close/i) as unknown,
  });
});

test("schedule-to-close ends all attempts together", async () => {
  const { run, attempts } = await openCaller(() => {
    throw new BookingError("full");
  });
  const result = await run({ timeouts: { scheduleToClose: 300 }, retry: { maxAttempts: 1_000 } });
  expect(result).toMatchObject({
    error: "ActivityTimedOutError",
    causeMessage: expect.stringContaining("schedule-to-close") as unknown,
  });
  expect(attempts.length).toBeGreaterThan(1);
});

test("schedule-to-start ends a call that no worker takes", async () => {
  const { run, attempts } = await openCaller(() => "never");
  expect(await run({ queue: "nobody-serves-it", timeouts: { scheduleToStart: 200 } })).toMatchObject({
    error: "ActivityTimedOutError",
    causeMessage: expect.stringContaining("schedule-to-start") as unknown,
  });
  expect(attempts).toHaveLength(0);
});

test("code that stops heartbeating is tried again, and the next attempt gets the last details", async () => {
  const { run, attempts } = await openCaller(async (context) => {
    if (context.attempt === 2) return context.heartbeatDetails;
    context.heartbeat({ page: 1 });
    context.heartbeat({ page: 7 });
    return hang(context);
  });
  expect(await run({ timeouts: { heartbeat: "1500ms" } })).toMatchObject({ value: { page: 7 } });
  expect(attempts).toHaveLength(2);
});

test("code that keeps heartbeating lives longer than its heartbeat timeout", async () => {
  const { run, attempts } = await openCaller(async (context) => {
    const beating = setInterval(() => context.heartbeat(), 50);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    clearInterval(beating);
    return "done";
  });
  expect(await run({ timeouts: { heartbeat: "1500ms" } })).toMatchObject({ value: "done" });
  expect(attempts).toHaveLength(1);
});

test("a failed attempt hands its heartbeat details to the next one", async () => {
  const { run } = await openCaller(async (context) => {
    if (context.attempt === 2) return context.heartbeatDetails;
    context.heartbeat("half way");
    throw new BookingError("line dropped");
  });
  expect(await run()).toMatchObject({ value: "half way" });
});

test("an activity that no worker has registered waits for one, visibly, and is run when one comes", async () => {
  const missing = activity({ name: "missing", execute: () => "found" });
  const caller = workflow({ name: "caller" }).execute(async function* (ctx) {
    return yield* ctx.run("missing");
  });
  const namespace = randomNamespace("activities");
  const other = activity({ name: "other", execute: () => 1 });
  const first = await openEngine({ namespace, workflows: [caller], activities: [other] });
  const handle = await first.start("caller");
  const pending = async () =>
    (await first.getHandle(handle.id).describe()).pendingActivities.map(({ name, attempt }) => ({
      name,
      attempt,
    }));
  await expect.poll(pending).toEqual([{ name: "missing", attempt: 1 }]);
  const second = await openEngine({ namespace, workflows: [caller], activities: [missing] });
  await first.shutdown();
  expect(await second.getHandle(handle.id).result()).toBe("found");
});

test("a result that cannot be stored fails the activity for good, with the reason", async () => {
  const { run, attempts } = await openCaller(() => () => "a function");
  expect(await run()).toMatchObject({ error: "ActivityFailedError", cause: "PayloadNotSerializableError" });
  expect(attempts).toHaveLength(1);
});

test("bad options of a call are thrown in the code, before anything is scheduled", async () => {
  const { run, attempts } = await openCaller(() => "room");
  for (const options of [
    { retry: { maxAttempts: 0 } },
    { timeouts: { startToClose: "soon" as "1s" } },
    { queue: "a:b" },
  ]) {
    expect(await run(options), JSON.stringify(options)).toMatchObject({ error: "InvalidArgumentError" });
  }
  expect(attempts).toHaveLength(0);
});
