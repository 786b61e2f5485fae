import { ActivityFailedError, ActivityTimedOutError, decodePayload } from "@heddle/protocol";
import { activity, workflow } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { RecordedRun } from "../testing/recorded-run.js";
import { BOTH_WAYS, startRun } from "../testing/start-run.js";

describe.each(BOTH_WAYS)("ctx.run, %s,", (_way, start) => {
  test("schedules the activity and resolves to its result", async () => {
    const run = await start(
      function* (ctx, input: { orderId: string }) {
        const receipt = yield* ctx.run("charge", { orderId: input.orderId });
        return { receipt };
      },
      { orderId: "1" },
    );
    expect(run.decisions).toEqual(["activity-scheduled 1 charge"]);
    expect(await run.complete("charge", "receipt-1")).toEqual(["completed"]);
    expect(run.result).toEqual({ receipt: "receipt-1" });
  });

  test("throws ActivityFailedError with the last failure as cause", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.run("charge");
      } catch (error) {
        const { message, cause, details } = error as ActivityFailedError;
        const isTyped = error instanceof ActivityFailedError;
        return { isTyped, message, details, cause: { name: (cause as Error).name, ...(cause as object) } };
      }
      return "not reached";
    });
    const declined = Object.assign(new Error("declined"), { name: "CardDeclined", details: { cardId: "1" } });
    await run.fail("charge", declined);
    expect(run.result).toEqual({
      isTyped: true,
      message: 'activity "charge" failed on attempt 3: CardDeclined: declined',
      details: { activity: "charge", attempt: 3 },
      cause: { name: "CardDeclined", details: { cardId: "1" } },
    });
  });

  test("throws ActivityTimedOutError when the last attempt timed out", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.run("charge");
      } catch (error) {
        return error instanceof ActivityTimedOutError;
      }
      return "not reached";
    });
    await run.fail("charge", new ActivityTimedOutError("its start-to-close timeout passed"));
    expect(run.result).toBe(true);
  });

  test("does nothing until it is awaited, and runs again when it is awaited again", async () => {
    const run = await start(function* (ctx) {
      ctx.run("never-awaited");
      const twice = ctx.run("charge");
      return [yield* twice, yield* twice];
    });
    await run.complete("charge", 1);
    await run.complete("charge", 2);
    expect(run.decisions).toEqual([
      "activity-scheduled 1 charge",
      "activity-scheduled 2 charge",
      "completed",
    ]);
    expect(run.result).toEqual([1, 2]);
  });

  test("an input that cannot be stored throws in the code, and nothing is scheduled", async () => {
    const run = await start(function* (ctx) {
      const problems: string[] = [];
      for (const input of [{ onDone: () => 1 }, "x".repeat(20_000)]) {
        try {
          yield* ctx.run("charge", input);
        } catch (error) {
          problems.push((error as Error).name);
        }
      }
      return problems;
    });
    expect(run.result).toEqual(["PayloadNotSerializableError", "PayloadTooLargeError"]);
    expect(run.decisions).toEqual(["completed"]);
  });

  test("an operation passed as input is refused, because its yield* was forgotten", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.run("charge", { amount: ctx.run("amount") });
    });
    expect(run.failure).toMatchObject({ name: "PayloadNotSerializableError" });
    expect(run.failure.message).toContain("yield* forgotten");
  });

  test("a reference is part of the decision, and taken until the activity has settled", async () => {
    const run = await start(function* (ctx) {
      const charge = () => ctx.run("charge", undefined, { reference: "charge-1" });
      const [first, second] = yield* ctx.allSettled([charge(), charge()]);
      return [first, second.status === "rejected" && (second.reason as Error).message, yield* charge()];
    });
    expect(run.commands).toMatchObject([{ kind: "activity-scheduled", seq: 1, reference: "charge-1" }]);
    await run.complete("charge", "receipt");
    expect(run.decisions).toHaveLength(2);
    await run.complete("charge", "again");
    expect(run.result).toEqual([
      { status: "fulfilled", value: "receipt" },
      expect.stringContaining('activity 1 of this run has the reference "charge-1" and is not settled'),
      "again",
    ]);
  });

  test("a reference is free again when its activity was cancelled", async () => {
    const run = await start(function* (ctx) {
      const charge = () => ctx.run("charge", undefined, { reference: "charge-1" });
      yield* ctx.race([charge(), ctx.sleep("1s")]);
      return yield* charge();
    });
    await run.fire();
    await run.complete("charge", "second");
    expect(run.result).toBe("second");
  });
});

test("code that gives an activity another reference than its history has is blocked", async () => {
  const codeWith = (reference: string) =>
    workflow({ name: "test" }).execute(function* (ctx) {
      yield* ctx.run("charge", 1, { reference });
    });
  const run = new RecordedRun(codeWith("charge-1"));
  await run.start();
  await expect(run.rebuild(codeWith("charge-2"))).rejects.toThrow(
    'has activity-scheduled 1 "charge" as "charge-1", the code now decides activity-scheduled 1 "charge" as "charge-2"',
  );
});

const charge = activity({
  name: "charge-card",
  queue: "payments",
  retry: { maxAttempts: 5, initialBackoff: "2s" },
  timeouts: { startToClose: "10s", heartbeat: "5s" },
  execute: (_input: number) => 1,
});

test("a name of the workflow's map stands for the definition under it", async () => {
  const shop = workflow({ name: "shop" }).activities({ charge });
  const run = new RecordedRun(
    shop.execute(function* (ctx) {
      yield* ctx.run("charge", 5);
    }),
  );
  await run.start();
  const [command] = run.commands;
  expect(command).toMatchObject({ kind: "activity-scheduled", name: "charge-card", queue: "payments" });
  expect(command?.kind === "activity-scheduled" && decodePayload(command.input)).toBe(5);
  expect(run.machine.takePolicy(1)).toMatchObject({ maxAttempts: 5, startToCloseMs: 10_000 });
});

test("options of the call win over those of the definition, field by field", async () => {
  const run = await startRun(function* (ctx) {
    yield* ctx.run(charge, 5, {
      queue: "slow",
      retry: { maxAttempts: 1 },
      timeouts: { heartbeat: "1s" },
    });
  });
  expect(run.commands[0]).toMatchObject({ queue: "slow" });
  expect(run.machine.takePolicy(1)).toMatchObject({
    maxAttempts: 1,
    initialBackoffMs: 2_000,
    startToCloseMs: 10_000,
    heartbeatMs: 1_000,
  });
});

test("an activity that only its worker knows takes the defaults registered for it", async () => {
  const run = await startRun(
    function* (ctx) {
      yield* ctx.all([ctx.run("known"), ctx.run("unknown")]);
    },
    undefined,
    {
      activityDefaults: (name) =>
        name === "known" ? { queue: "payments", retry: { maxAttempts: 9 }, timeouts: {} } : undefined,
    },
  );
  expect(run.commands).toMatchObject([{ queue: "payments" }, { queue: "default" }]);
  expect(run.machine.takePolicy(1).maxAttempts).toBe(9);
  expect(run.machine.takePolicy(2).maxAttempts).toBe(3);
});

test.each(["constructor", "toString", "__proto__"])(
  "an activity may be named %s, which every object has a field for",
  async (name) => {
    const run = await startRun(function* (ctx) {
      yield* ctx.run(name);
    });
    expect(run.decisions).toEqual([`activity-scheduled 1 ${name}`]);
  },
);

test("a policy is taken once, and there is none for what was not scheduled in this turn", async () => {
  const run = await startRun(function* (ctx) {
    yield* ctx.run("charge");
  });
  run.machine.takePolicy(1);
  expect(() => run.machine.takePolicy(1)).toThrow(RangeError);
  await run.rebuild();
  expect(() => run.machine.takePolicy(1)).toThrow(RangeError);
});

test.each<[string, unknown, unknown]>([
  ["an empty name", "", undefined],
  ["a number", 5, undefined],
  ["nothing", undefined, undefined],
  ["an object that is no activity", { name: "charge" }, undefined],
  ["a bad queue", "charge", { queue: "a:b" }],
  ["a bad retry", "charge", { retry: { maxAttempts: 0 } }],
  ["a bad timeout", "charge", { timeouts: { heartbeat: "often" } }],
  ["an empty reference", "charge", { reference: "" }],
  ["a reference that is too long", "charge", { reference: "x".repeat(129) }],
])("%s throws in the code, at the call", async (_what, target, options) => {
  const run = await startRun(function* (ctx) {
    const call = ctx.run.bind(ctx) as (
      target: unknown,
      input: unknown,
      options: unknown,
    ) => ReturnType<typeof ctx.run>;
    try {
      call(target, 5, options);
    } catch (error) {
      return (error as Error).name;
    }
    return yield* ctx.sleep(1);
  });
  expect(run.result).toBe("InvalidArgumentError");
});
