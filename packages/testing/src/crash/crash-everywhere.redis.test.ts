import {
  activity,
  InvalidArgumentError,
  NondeterminismError,
  signal,
  workflow,
  type WorkflowContext,
} from "heddle";
import { describe, expect, test } from "vitest";
import { crashEverywhere } from "./crash-everywhere.js";

const charge = activity({ name: "charge", execute: (amount: number) => `receipt-${amount}` });
const refund = activity({ name: "refund", execute: (receipt: string) => `refunded ${receipt}` });
const approval = signal<{ approved: boolean }>("approval");
const activities = { charge, refund };

const order = workflow({ name: "order" })
  .activities(activities)
  .execute(async function* (ctx, amount: number) {
    const [receipt, drawn] = yield* ctx.all([
      ctx.run("charge", amount),
      ctx.step("draw", () => Math.random()),
    ]);
    const lucky = ctx.random() + ctx.now();
    const decision = yield* ctx.waitForSignal(approval, { timeout: "3d" });
    yield* ctx.sleep("1h");
    if (decision.approved) return { receipt, lucky, drawn: drawn >= 0, id: ctx.uuid() };
    return { receipt: yield* ctx.run("refund", receipt), lucky, drawn: drawn >= 0, id: "" };
  });

describe("code that decides by its history goes the same way wherever its owner is killed", () => {
  test.each([true, false])("with activities, steps, timers and a signal: approved %s", async (approved) => {
    const signals = [{ signal: approval, payload: { approved }, after: "2d" }];
    const report = await crashEverywhere(order, 42, { activities, signals });
    expect(report.status).toBe("completed");
    expect(report.crashes).toBeGreaterThanOrEqual(4);
    const { result } = report.history.at(-1) as { result?: unknown };
    expect(result).toMatchObject({ receipt: approved ? "receipt-42" : "refunded receipt-42", drawn: true });
  });

  test("also when it fails, cleans up and loses races", async () => {
    const failing = workflow({ name: "failing" }).execute(async function* (ctx) {
      yield* ctx.saga(async function* (saga) {
        const held = yield* saga.run(ctx.run("reserve"), () => ctx.run("release"));
        yield* ctx.race([ctx.sleep("1h"), ctx.waitForSignal("hurry")]);
        throw new Error(`no card for ${String(held)}`);
      });
    });
    const standIns = { reserve: () => "seat 1", release: () => undefined };
    const report = await crashEverywhere(failing, undefined, { activities: standIns });
    expect(report.status).toBe("failed");
  });

  test("also when it continues as new", async () => {
    const counting = workflow({ name: "counting" }).execute(function* (ctx, left: number) {
      yield* ctx.sleep("1h");
      if (left > 0) yield* ctx.continueAsNew(left - 1);
      return "done";
    });
    expect((await crashEverywhere(counting, 2)).status).toBe("completed");
  });

  test("each with stand-ins of its own, when they keep state", async () => {
    const flaky = () => {
      let calls = 0;
      return {
        charge: (amount: number) => {
          if (calls++ === 0) throw new Error("no answer");
          return `receipt-${amount}`;
        },
      };
    };
    const paying = workflow({ name: "paying" })
      .activities({ charge })
      .execute(function* (ctx, amount: number) {
        return yield* ctx.run("charge", amount);
      });
    expect((await crashEverywhere(paying, 5, { activities: flaky })).status).toBe("completed");
  });
});

describe("code that decides by something else is caught", () => {
  type Code = (
    ctx: WorkflowContext,
  ) => Generator<never, unknown, unknown> | AsyncGenerator<never, unknown, unknown>;

  async function caught(code: unknown): Promise<NondeterminismError> {
    const moody = workflow({ name: "moody" }).execute(code as Code);
    const error: unknown = await crashEverywhere(moody, undefined).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NondeterminismError);
    return error as NondeterminismError;
  }

  test.each([
    ["Math.random()", () => Math.random() < 0.5, "ctx.random()"],
    ["Date.now()", () => Date.now() % 2 === 0, "ctx.now()"],
    ["new Date()", () => new Date().getMilliseconds() % 2 === 0, "new Date(ctx.now())"],
  ])("%s, with what to use instead", async (source, toss, instead) => {
    const { message, details } = await caught(async function* (ctx: WorkflowContext) {
      yield* ctx.sleep("1h");
      if (toss()) yield* ctx.sleep("2h");
      else yield* ctx.step("other", () => 1);
      yield* ctx.sleep("3h");
    });
    expect(message).toMatch(/^workflow "moody" goes another way when its owner is killed at turn \d of \d: /);
    expect(message).toMatch(/timer-started 2.*step-started 2|step-started 2.*timer-started 2/);
    expect(message).toContain(`outside of ctx.step the code read ${source}: use ${instead}`);
    expect(details["turn"]).toBeGreaterThanOrEqual(1);
  });

  test("a random number in a branch", async () => {
    const { message } = await caught(function* (ctx: WorkflowContext) {
      yield* ctx.all([
        (function* () {
          yield* ctx.sleep(1);
          yield* ctx.sleep(Math.random() < 0.5 ? 1 : "1h");
          return Math.random() < 0.5;
        })(),
      ]);
      yield* ctx.waitUntil(() => Math.random() >= 0, { timeout: "1h" });
      return Math.random();
    });
    expect(message).toContain("use ctx.random()");
  });

  test("state outside of the run, with the record and both sides", async () => {
    let executions = 0;
    const { message, details } = await caught(async function* (ctx: WorkflowContext) {
      if (executions++ === 0) yield* ctx.step("set-up", () => 1);
      yield* ctx.sleep("1h");
    });
    expect(message).toContain(
      'record 1 is step-started 1 "set-up" without the kill, and timer-started 1 with it',
    );
    expect(details).toEqual({
      ...{ turn: 1, index: 1 },
      ...{ recorded: 'step-started 1 "set-up"', decided: "timer-started 1" },
    });
  });

  test("a result that is another each time", async () => {
    const { message } = await caught(async function* (ctx: WorkflowContext) {
      yield* ctx.sleep("1h");
      return { finishedAt: Date.now() };
    });
    expect(message).toContain("the result of record 3 (completed) is { finishedAt:");
  });
});

test("a workflow that does not end says what it waits for", async () => {
  const asking = crashEverywhere(order, 42, { activities });
  // Its wait times out, so it fails; without the timeout nothing would end it.
  expect((await asking).status).toBe("failed");
  const waiting = workflow({ name: "waiting" }).execute(function* (ctx) {
    yield* ctx.waitForSignal("go");
  });
  await expect(crashEverywhere(waiting, undefined)).rejects.toThrow(InvalidArgumentError);
  await expect(crashEverywhere(waiting, undefined)).rejects.toThrow("it waits for a signal or an update");
});

test("the clock and the random numbers of everybody else stay what they are", async () => {
  const before = [globalThis.Date, Math.random];
  const seen: number[] = [];
  const watching = workflow({ name: "watching" }).execute(function* (ctx) {
    yield* ctx.step("look", () => seen.push(Date.now()));
    yield* ctx.run("look");
  });
  await crashEverywhere(watching, undefined, {
    activities: { look: () => void seen.push(new Date().getTime()) },
  });
  expect([globalThis.Date, Math.random]).toEqual(before);
  for (const ms of seen) expect(Math.abs(ms - Date.now())).toBeLessThan(60_000);
});
