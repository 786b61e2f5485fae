import {
  activity,
  ActivityFailedError,
  ActivityTimedOutError,
  InvalidArgumentError,
  query,
  signal,
  update,
  workflow,
} from "heddle";
import type { AnyWorkflow } from "@heddle/workflow";
import { describe, expect, onTestFinished, test } from "vitest";
import { TestEnvironment, type TestEnvironmentOptions } from "./test-environment.js";

async function environment<
  const Workflows extends readonly AnyWorkflow[] | Readonly<Record<string, AnyWorkflow>>,
>(options: TestEnvironmentOptions<Workflows>) {
  const env = await TestEnvironment.create(options);
  onTestFinished(() => env.shutdown());
  return env;
}

const HOUR_MS = 3_600_000;
const nap = workflow({ name: "nap" }).execute(async function* (ctx, naps: number) {
  const times = [ctx.now() - ctx.startedAtMs];
  for (let nth = 0; nth < naps; nth++) {
    yield* ctx.sleep("1h");
    times.push(ctx.now() - ctx.startedAtMs);
  }
  return times;
});

describe("virtual time", () => {
  test("stands still until it is moved", async () => {
    const env = await environment({ workflows: [nap], startTime: new Date("2031-05-01T00:00:00Z") });
    expect(env.now()).toBe(Date.UTC(2031, 4, 1));
    const handle = await env.engine.start("nap", 1);
    await env.settle();
    expect(env.now()).toBe(Date.UTC(2031, 4, 1));
    expect((await handle.describe()).createdAtMs).toBe(env.now());
    expect((await handle.history()).map((entry) => entry["at"] ?? env.now())).toEqual([env.now(), env.now()]);
  });

  test("gives each timer its own due time, however far it is moved at once", async () => {
    const env = await environment({ workflows: [nap] });
    const handle = await env.engine.start("nap", 3);
    await env.advanceTime("3h");
    expect(await handle.result()).toEqual([0, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS]);
  });

  test("fires no timer early", async () => {
    const env = await environment({ workflows: [nap] });
    const handle = await env.engine.start("nap", 1);
    await env.advanceTime(HOUR_MS - 1);
    expect((await handle.describe()).status).toBe("running");
    await env.advanceTime(1);
    expect((await handle.describe()).status).toBe("completed");
  });

  test("starts each tick of a schedule at its time", async () => {
    const env = await environment({ workflows: [nap], startTime: new Date("2031-05-01T00:30:00Z") });
    await env.engine.schedules.create({
      ...{ id: "naps", cron: "0 * * * *", timezone: "UTC", overlap: "allow-all" },
      workflow: { type: "nap", input: 1 },
    });
    await env.advanceTime("2h");
    await env.advanceTime("1h");
    const { items } = await env.engine.list({ type: "nap", limit: 10 });
    expect(items.map(({ id, status, createdAt }) => [id, status, createdAt.toISOString()])).toEqual([
      ["naps-2031-05-01T03:00:00Z", "running", "2031-05-01T03:00:00.000Z"],
      ["naps-2031-05-01T02:00:00Z", "completed", "2031-05-01T02:00:00.000Z"],
      ["naps-2031-05-01T01:00:00Z", "completed", "2031-05-01T01:00:00.000Z"],
    ]);
  });

  test("fires the timers of many workflows in the order of their due times", async () => {
    const woken: number[] = [];
    const noted = workflow({ name: "noted" }).execute(async function* (ctx, minutes: number) {
      yield* ctx.sleep(minutes * 60_000);
      yield* ctx.run("note", minutes);
    });
    const env = await environment({
      workflows: [noted],
      activities: { note: (minutes: number) => void woken.push(minutes) },
    });
    for (const minutes of [30, 10, 20, 40]) await env.engine.start("noted", minutes);
    await env.advanceTime("35m");
    expect(woken).toEqual([10, 20, 30]);
  });

  test("moves deadlines, delayed starts and waits for signals too", async () => {
    const waiting = workflow({ name: "waiting" }).execute(async function* (ctx) {
      yield* ctx.waitForSignal("never");
    });
    const env = await environment({ workflows: [waiting, nap] });
    const startTime = env.now();
    const late = await env.engine.start("waiting", undefined, { executionTimeout: "2d" });
    const delayed = await env.engine.start("nap", 1, { startAfter: "1d" });
    await env.advanceTime("2d");
    await expect(late.result()).rejects.toMatchObject({ code: "WORKFLOW_TIMED_OUT" });
    const [started] = await delayed.history();
    expect(started?.["at"]).toBe(startTime + 24 * HOUR_MS);
    expect(await delayed.result()).toEqual([0, HOUR_MS]);
  });

  test("runs to a workflow's end, or says why time does not bring it", async () => {
    const env = await environment({
      workflows: [
        nap,
        workflow({ name: "ask" }).execute(function* (ctx) {
          return (yield* ctx.waitForSignal("answer")) as string;
        }),
      ],
    });
    expect(await env.runToCompletion(await env.engine.start("nap", 2))).toEqual([0, HOUR_MS, 2 * HOUR_MS]);
    const asking = await env.engine.start("ask", undefined, { id: "ask-1" });
    await expect(env.runToCompletion(asking)).rejects.toThrow('workflow "ask-1" does not end by time alone');
    await asking.signal("answer", "42");
    expect(await env.runToCompletion(asking)).toBe("42");
  });

  test("is moved by one caller after the other", async () => {
    const env = await environment({ workflows: [nap] });
    const start = env.now();
    await Promise.all([env.advanceTime("1h"), env.advanceTime("1h")]);
    expect(env.now()).toBe(start + 2 * HOUR_MS);
  });
});

const charge = activity({
  name: "charge-card",
  retry: { maxAttempts: 3, initialBackoff: "10m" },
  execute: (order: { amount: number }) => `real receipt of ${order.amount}`,
});
const paying = workflow({ name: "paying" })
  .activities({ charge })
  .execute(async function* (ctx, amount: number) {
    const receipt = yield* ctx.run("charge", { amount });
    return { receipt, afterMs: ctx.now() - ctx.startedAtMs };
  });

describe("activities", () => {
  test("are stood in for by the name that the workflow uses, and their calls are kept", async () => {
    const env = await environment({
      workflows: [paying],
      activities: { charge: async ({ amount }) => Promise.resolve(`receipt-${amount}`) },
    });
    const handle = await env.engine.start("paying", 5);
    expect(await handle.result()).toEqual({ receipt: "receipt-5", afterMs: 0 });
    const { id: workflowId, runId } = handle;
    const outcome = { status: "completed", result: "receipt-5" };
    expect(env.calls("charge")).toEqual([{ workflowId, runId, attempt: 1, input: { amount: 5 }, outcome }]);
    expect(env.calls("charge-card")).toEqual(env.calls("charge"));
    expect(env.calls("refund")).toEqual([]);
  });

  test("are retried by the policy of the activity that is stood in for, in virtual time", async () => {
    let failures = 2;
    const env = await environment({
      workflows: { paying },
      activities: {
        charge: () => {
          if (failures-- > 0) throw new Error("no answer");
          return "receipt";
        },
      },
    });
    const handle = await env.engine.start("paying", 5);
    // 10 minutes and then, doubled but capped by the longest wait, 30 seconds.
    await env.advanceTime("10m");
    expect(env.calls("charge").map(({ outcome }) => outcome.status)).toEqual(["failed", "failed"]);
    const { receipt, afterMs } = await env.runToCompletion(handle);
    expect(receipt).toBe("receipt");
    expect(afterMs).toBeGreaterThanOrEqual(600_000);
    expect(env.calls("charge").map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  test("may be the real ones", async () => {
    const env = await environment({ workflows: [paying], activities: { charge } });
    const handle = await env.engine.start("paying", 5);
    expect((await handle.result()).receipt).toBe("real receipt of 5");
  });

  test("that hang are timed out when the time is moved past their timeout", async () => {
    const hanging = workflow({ name: "hanging" }).execute(function* (ctx) {
      const options = { timeouts: { startToClose: "1h" }, retry: { maxAttempts: 1 } } as const;
      yield* ctx.run("hang", undefined, options);
    });
    const env = await environment({
      workflows: [hanging],
      activities: {
        hang: (_input, { signal: stop }) =>
          new Promise((_resolve, reject) => {
            stop.addEventListener("abort", () => reject(stop.reason as Error));
          }),
      },
      activityPatience: "100ms",
    });
    const handle = await env.engine.start("hanging");
    await env.advanceTime("59m");
    expect((await handle.describe()).status).toBe("running");
    await env.advanceTime("1m");
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: ActivityTimedOutError.name } });
  });

  test("outlive any leap of time while their worker is alive", async () => {
    const { promise, resolve } = withResolvers<string>();
    const env = await environment({
      workflows: [paying],
      activities: { charge: () => promise },
      activityPatience: "50ms",
    });
    const handle = await env.engine.start("paying", 5);
    await env.advanceTime("30d");
    resolve("at last");
    expect(await handle.result()).toEqual({ receipt: "at last", afterMs: 30 * 24 * HOUR_MS });
    expect(env.calls("charge")).toHaveLength(1);
  });

  test("without code fail the test that runs them, by name", async () => {
    const env = await environment({ workflows: [paying] });
    await env.engine.start("paying", 5, { id: "order-5" });
    await expect(env.settle()).rejects.toThrow(
      'workflow "order-5" runs activity "charge-card", which this test has no code for',
    );
    await expect(env.advanceTime("1h")).rejects.toThrow(InvalidArgumentError);
  });

  test("must be functions or activities", async () => {
    const wrong = { charge: "receipt" } as never;
    await expect(TestEnvironment.create({ workflows: [paying], activities: wrong })).rejects.toThrow(
      "activities.charge is neither a function nor an activity",
    );
  });

  test("fail as real ones do", async () => {
    const env = await environment({
      workflows: [paying],
      activities: { charge: () => Promise.reject(new Error("declined")) },
    });
    const result = env.runToCompletion(await env.engine.start("paying", 5));
    await expect(result).rejects.toMatchObject({
      cause: { name: ActivityFailedError.name, cause: { message: "declined" } },
    });
  });
});

test("two environments share nothing", async () => {
  const [one, other] = await Promise.all([
    environment({ workflows: [nap] }),
    environment({ workflows: [nap] }),
  ]);
  const handle = await one.engine.start("nap", 1, { id: "same" });
  await one.settle();
  await other.advanceTime("1h");
  expect((await handle.describe()).status).toBe("running");
  expect(await other.engine.count()).toBe(0);
});

test("signals, queries and updates work as in production", async () => {
  const greet = signal<string>("greet");
  const heardSoFar = query<number>("heard");
  const say = update<string, number>("say");
  const polite = workflow({ name: "polite" }).execute(async function* (ctx) {
    const heard: string[] = [];
    ctx.onQuery(heardSoFar, () => heard.length);
    ctx.onUpdate(say, (word) => heard.push(word));
    heard.push(yield* ctx.waitForSignal(greet));
    yield* ctx.sleep("1d");
    return heard;
  });
  const env = await environment({ workflows: [polite] });
  const handle = await env.engine.start("polite");
  await handle.signal(greet, "hello");
  expect(await handle.query(heardSoFar)).toBe(1);
  expect(await handle.update(say, "bye")).toBe(2);
  await env.advanceTime("1d");
  expect(await handle.result()).toEqual(["hello", "bye"]);
});

test("an environment may be declared with `await using`, and can be ended twice", async () => {
  const env = await TestEnvironment.create({ workflows: [nap] });
  await env[Symbol.asyncDispose]();
  await env.shutdown();
  await expect(env.engine.start("nap", 1)).rejects.toMatchObject({ code: "SHUT_DOWN" });
});

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}
