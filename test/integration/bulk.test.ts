// One operation on many runs: what it touches, what it tells, and that a repetition does nothing twice.
import { activity, signal, workflow, type BulkOutcome } from "heddle";
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const approved = signal<string>("approved");
let isBroken = true;
const charge = activity({
  name: "charge",
  retry: { maxAttempts: 1 },
  execute: (amount: number) => {
    if (isBroken) throw new Error("broken");
    return amount;
  },
});
const waiting = workflow({ name: "waiting" }).execute(async function* (ctx) {
  return [yield* ctx.waitForSignal(approved), yield* ctx.waitForSignal("end")];
});
const charging = workflow({ name: "charging" }).execute(async function* (ctx, amount: number) {
  return yield* ctx.run(charge, amount);
});

async function openWith(count: number) {
  const engine = await openEngine({ workflows: [waiting, charging], activities: [charge] });
  const ids = Array.from({ length: count }, (_, number) => `w${number}`);
  for (const id of ids) await engine.start("waiting", undefined, { id });
  return { engine, ids };
}

test("a dry run tells what would be touched, and touches nothing", async () => {
  const { engine } = await openWith(25);
  const options = { dryRun: true, operationId: "try" };
  const summary = await engine.bulk.terminate({ type: "waiting" }, options);
  expect(summary).toMatchObject({ operationId: "try", dryRun: true, matched: 25, done: 0 });
  expect(summary.sample).toHaveLength(20);
  expect(summary.sample[0]?.id).toBe("w24");
  const limited = await engine.bulk.terminate({}, { ...options, limit: 3 });
  expect([limited.matched, limited.sample.length]).toEqual([3, 3]);
  expect(await engine.count({ status: "terminated" })).toBe(0);
  const failed = await engine.bulk.retry({ type: "waiting", status: undefined }, options);
  expect(failed.matched).toBe(0);
});

test("a signal reaches every open run once, also when the operation is repeated", async () => {
  const { engine, ids } = await openWith(7);
  await engine.terminate("w3");
  const outcomes: BulkOutcome[] = [];
  const options = {
    ...{ concurrency: 3, operationId: "approve-all" },
    onOutcome: (outcome: BulkOutcome) => void outcomes.push(outcome),
  };
  for (let time = 0; time < 2; time++) {
    const summary = await engine.bulk.signal({ type: "waiting" }, approved, "all", options);
    expect(summary).toMatchObject({ matched: 6, done: 6, skipped: 0, failed: 0 });
  }
  expect(outcomes.map(({ id }) => id).sort()).toEqual([...ids, ...ids].filter((id) => id !== "w3").sort());
  await engine.bulk.signal({ type: "waiting" }, "end", 1);
  expect(await engine.getHandle("w0").result()).toEqual(["all", 1]);
});

test("runs that closed meanwhile are skipped, runs that are refused are told, and the rest is done", async () => {
  const { engine } = await openWith(4);
  await engine.terminate("w1");
  const cancelled = await engine.bulk.cancel(
    { status: ["running", "pending", "terminated"] },
    { reason: "stop" },
  );
  expect(cancelled).toMatchObject({ matched: 4, done: 3, skipped: 1, failed: 0 });
  await expect(engine.getHandle("w0").result()).rejects.toMatchObject({ code: "WORKFLOW_CANCELLED" });
  const reset = await engine.bulk.reset(
    { type: "waiting" },
    { event: (history) => (history.length > 3 ? 900 : undefined) },
  );
  expect(reset).toMatchObject({ matched: 4, skipped: 1, failed: 3 });
  expect(reset.failures[0]?.error).toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("failed runs are retried, and a repetition with the same id leaves them alone", async () => {
  const { engine } = await openWith(1);
  const handles = await Promise.all([1, 2, 3].map((amount) => engine.start("charging", amount)));
  await Promise.allSettled(handles.map((handle) => handle.result()));
  isBroken = false;
  const options = { operationId: "repaired" };
  expect(await engine.bulk.retry({ type: "charging" }, options)).toMatchObject({ matched: 3, done: 3 });
  expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([1, 2, 3]);
  const before = await Promise.all(handles.map((handle) => handle.history()));
  const again = await engine.bulk.retry({ type: "charging", status: ["failed", "completed"] }, options);
  expect(again).toMatchObject({ matched: 3, done: 3 });
  expect(await Promise.all(handles.map((handle) => handle.history()))).toEqual(before);
});

test("forks are made once per operation, of the runs that the caller chooses", async () => {
  const { engine } = await openWith(3);
  await engine.signal("w0", approved, "only");
  const isIn = async () => (await engine.getHandle("w0").history()).some(({ kind }) => kind === "signal");
  await waitFor(isIn, { description: "the signal is in" });
  const event = (history: readonly { kind: string; index: number }[]) =>
    history.find(({ kind }) => kind === "signal")?.index;
  const options = { operationId: "copies", event };
  for (let time = 0; time < 2; time++) {
    const forked = await engine.bulk.fork({ type: "waiting" }, options);
    expect(forked.failures).toEqual([]);
    expect(forked).toMatchObject({ failed: 0 });
    if (time === 0) expect(forked).toMatchObject({ matched: 3, done: 1, skipped: 2 });
  }
  expect(
    (await engine.list({ type: "waiting" })).items.filter(({ id }) => id.startsWith("fork-")),
  ).toHaveLength(1);
});

test("bad options are refused before a run is looked at", async () => {
  const { engine } = await openWith(1);
  const invalid = { code: "INVALID_ARGUMENT" };
  await expect(engine.bulk.cancel({}, { concurrency: 0 })).rejects.toMatchObject(invalid);
  await expect(engine.bulk.cancel({}, { limit: 1.5 })).rejects.toMatchObject(invalid);
  await expect(engine.bulk.cancel({}, { operationId: "" })).rejects.toMatchObject(invalid);
  await expect(engine.bulk.cancel({ status: "no" as "failed" })).rejects.toMatchObject(invalid);
  await expect(engine.bulk.cancel({}, { dryrun: true } as object)).rejects.toMatchObject(invalid);
});
