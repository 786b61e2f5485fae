// A run that sleeps five thousand times at once: each sleep ends once, and none early.
import { workflow, type WorkflowContext } from "heddle";
import { randomNamespace } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const SLEEPS = 5_000;

function* nap(ctx: WorkflowContext, ms: number) {
  const from = ctx.now();
  yield* ctx.sleep(ms);
  return ctx.now() - from - ms;
}

const dormitory = workflow({ name: "dormitory" }).execute(async function* (ctx) {
  const lengths = Array.from({ length: SLEEPS }, (_, index) => 1_000 + (index % 1_000));
  return yield* ctx.all(lengths.map((ms) => nap(ctx, ms)));
});

test("five thousand sleeps at once all end, after their time and once, also when the owner changes", async () => {
  const namespace = randomNamespace("timers");
  const first = await openEngine({ namespace, workflows: [dormitory] });
  const { id } = await first.start("dormitory");
  const client = await openEngine({ namespace, roles: ["client"] });
  const handle = client.getHandle<number[]>(id);
  await expect.poll(async () => (await handle.describe()).historyLength).toBeGreaterThan(SLEEPS);
  await first.shutdown();
  await openEngine({ namespace, workflows: [dormitory] });
  const late = await handle.result();
  expect(late).toHaveLength(SLEEPS);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  const fired = (await handle.history()).filter(({ kind }) => kind === "timer-fired");
  expect(fired).toHaveLength(SLEEPS);
});
