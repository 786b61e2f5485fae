// `@heddle/testing` as a user has it: in a test of an own workflow, in this runner and in another.
import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { approvalSignal, phaseQuery, workflows } from "@heddle/examples";
import { crashEverywhere, replayHistory, TestEnvironment } from "@heddle/testing";
import { randomNamespace, spawnProcess } from "@heddle/testkit";
import { expect, onTestFinished, test } from "vitest";

const { approval } = workflows;
const order = { orderId: "7", amount: 42, decideWithin: "3 days" };
const activities = {
  reserveStock: () => undefined,
  chargeCard: () => "receipt-7",
  shipOrder: () => "parcel-7",
  cancelOrder: () => undefined,
} as never;

test("three days of an approval pass in well under a few seconds", async () => {
  const env = await TestEnvironment.create({ workflows: [approval], activities });
  onTestFinished(() => env.shutdown());
  const begin = performance.now();

  const late = await env.engine.start("approval", order);
  await env.advanceTime("2 days 23 hours");
  expect(await late.query(phaseQuery)).toBe("waiting for approval");
  await env.advanceTime("1 hour");
  expect(await late.result()).toEqual({ orderId: "7", status: "expired" });
  expect(env.calls("cancelOrder")).toHaveLength(1);

  const approved = await env.engine.start("approval", order);
  await env.advanceTime("1 day");
  await approved.signal(approvalSignal, { approved: true, by: "ada" });
  expect(await approved.result()).toMatchObject({
    status: "shipped",
    receipt: "receipt-7",
    trackingCode: "parcel-7",
  });
  expect(env.calls("cancelOrder")).toHaveLength(1);
  expect(performance.now() - begin).toBeLessThan(5_000);

  await replayHistory(approval, await late.exportHistory());
  await replayHistory(approval, await approved.exportHistory());
});

test("an approval may lose its owner at every event", async () => {
  const decision = { signal: approvalSignal, payload: { approved: true, by: "ada" }, after: "2 days" };
  const report = await crashEverywhere(approval, order, { activities, signals: [decision] });
  expect(report.status).toBe("completed");
  // The start, three activities and the signal.
  expect(report.crashes).toBe(5);
});

test("it works in node:test, and leaves nothing that keeps the process alive", async () => {
  const entry = fileURLToPath(new URL(`../../.heddle/${randomNamespace("node-test")}.ts`, import.meta.url));
  onTestFinished(() => rm(entry, { force: true }));
  await writeFile(
    entry,
    `import assert from "node:assert/strict";
    import { test } from "node:test";
    import { workflow } from "heddle";
    import { TestEnvironment } from "@heddle/testing";
    const nap = workflow({ name: "nap" }).execute(function* (ctx) {
      yield* ctx.sleep("30 days");
      return "rested";
    });
    test("a long nap", async () => {
      const env = await TestEnvironment.create({ workflows: [nap] });
      const handle = await env.engine.start("nap");
      await env.advanceTime("30 days");
      assert.equal(await handle.result(), "rested");
      await env.shutdown();
    });`,
  );
  const run = await spawnProcess({ name: "node:test", entry });
  expect(await run.exited, run.lines.join("\n")).toMatchObject({ code: 0 });
  expect(run.lines.join("\n")).toMatch(/pass 1/);
});
