// Conditions and signal handlers on a real Redis, their runs rebuilt by another owner in between.
import { randomNamespace, waitFor } from "@heddle/testkit";
import { query, signal, workflow } from "heddle";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const add = signal<string>("add");
const items = query<readonly string[]>("items");

const basket = workflow({ name: "basket" }).execute(async function* (ctx, wanted: number) {
  const inside: string[] = [];
  ctx.onQuery(items, () => inside);
  ctx.onSignal(add, function* (item) {
    inside.push(yield* ctx.step("check", () => item.toUpperCase()));
  });
  yield* ctx.waitUntil(() => inside.length >= wanted);
  return inside;
});

test("handlers go on where they were when another process takes over, and the condition with them", async () => {
  const namespace = randomNamespace("handlers");
  const first = await openEngine({ namespace, workflows: [basket] });
  const started = await first.start("basket", 5);
  await started.signal(add, "a");
  await started.signal(add, "b");
  await waitFor(async () => (await started.query(items))?.length === 2, { description: "both are inside" });
  await first.shutdown();

  const second = await openEngine({ namespace, workflows: [basket] });
  const handle = second.getHandle(started.id);
  expect(await handle.query(items)).toEqual(["A", "B"]);
  for (const item of ["c", "d", "e"]) await handle.signal(add, item);
  expect(await handle.result()).toEqual(["A", "B", "C", "D", "E"]);
  const handled = (await handle.history()).filter(({ kind }) => kind === "signal-handled");
  expect(handled).toHaveLength(5);
});

test("a condition times out by the Redis clock, after a restart as well", async () => {
  const namespace = randomNamespace("handlers");
  const patient = workflow({ name: "patient" }).execute(async function* (ctx) {
    try {
      yield* ctx.waitUntil(() => false, { timeout: "300ms" });
    } catch (error) {
      return (error as Error).name;
    }
    return "met";
  });
  const first = await openEngine({ namespace, workflows: [patient] });
  const started = await first.start("patient");
  await waitFor(async () => (await started.describe()).status === "running", { description: "it waits" });
  await first.shutdown();
  const second = await openEngine({ namespace, workflows: [patient] });
  expect(await second.getHandle(started.id).result()).toBe("ConditionTimedOutError");
});
