import { activity, NondeterminismError, parseHistory, workflow, type WorkflowContext } from "heddle";
import { expect, onTestFinished, test } from "vitest";
import { replayHistory } from "./replay-history.js";
import { TestEnvironment } from "./test-environment.js";

const charge = activity({
  name: "charge",
  execute: (order: { amount: number; at: Date }) => new Map([["sum", order.amount]]),
});

type Code = (
  ctx: WorkflowContext<{ charge: typeof charge }>,
  amount: number,
) => AsyncGenerator<never, unknown, unknown>;

const order = workflow({ name: "order" })
  .activities({ charge })
  .execute(async function* (ctx, amount: number) {
    yield* ctx.sleep("1h");
    const receipt = yield* ctx.run("charge", { amount, at: new Date(ctx.now()) });
    const label = yield* ctx.step("label", () => `order of ${receipt.get("sum") ?? 0}`);
    return { label, receipt };
  });

async function recorded(options: { finished: boolean }): Promise<string> {
  const env = await TestEnvironment.create({ workflows: [order], activities: { charge } });
  onTestFinished(() => env.shutdown());
  const handle = await env.engine.start("order", 5, { id: "order-5" });
  if (options.finished) await env.runToCompletion(handle);
  else await env.settle();
  return handle.exportHistory();
}

const changed = (code: unknown) =>
  workflow({ name: "order" })
    .activities({ charge })
    .execute(code as Code);

test.each([{ finished: true }, { finished: false }])(
  "unchanged code fits its own history: %o",
  async (options) => {
    const history = await recorded(options);
    await replayHistory(order, history);
    await replayHistory(order, Buffer.from(history));
    await replayHistory(order, parseHistory(history));
  },
);

test("an exported history tells whose it is and keeps its payloads", async () => {
  const text = await recorded({ finished: true });
  expect(parseHistory(text)).toMatchObject({
    workflowId: "order-5",
    type: "order",
    version: "1",
    status: "completed",
  });
  expect(text).toContain('"$json": 5');
  expect(text).toContain('"$msgpack":');
});

test("code that decides otherwise is told the first record that does not fit, and both sides", async () => {
  const history = await recorded({ finished: true });
  const shorter = changed(async function* (ctx: WorkflowContext<{ charge: typeof charge }>, amount: number) {
    yield* ctx.sleep("1h");
    return amount;
  });
  const error: unknown = await replayHistory(shorter, history).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NondeterminismError);
  expect(error).toMatchObject({
    details: { index: 3, recorded: 'activity-scheduled 2 "charge"', decided: "completed" },
  });
});

test("code that only changes what it computes still fits", async () => {
  const history = await recorded({ finished: true });
  const renamed = changed(async function* (ctx: WorkflowContext<{ charge: typeof charge }>, amount: number) {
    yield* ctx.sleep("2h");
    yield* ctx.run("charge", { amount: amount * 2, at: new Date(0) });
    yield* ctx.step("label", () => "never run");
    return "another result";
  });
  await replayHistory(renamed, history);
});

test("the history of another workflow is refused, and so is what is no history", async () => {
  const history = await recorded({ finished: false });
  const other = workflow({ name: "other" }).execute(function* (ctx) {
    yield* ctx.sleep(1);
  });
  await expect(replayHistory(other, history)).rejects.toThrow('the history is of workflow type "order"');
  await expect(replayHistory(order, "[]")).rejects.toThrow("this is no history that can be read");
});
