import { afterEach, expect, test } from "vitest";
import { Interruption } from "./interruption.js";

const interruptions: Interruption[] = [];
afterEach(() => interruptions.splice(0).forEach((each) => each.dispose()));

function newInterruption(): Interruption {
  const interruption = new Interruption();
  interruptions.push(interruption);
  return interruption;
}

test("the code is told at once and why, and keeps the first error it was told", () => {
  const interruption = newInterruption();
  const first = new Error("too late");
  interruption.raise("timed-out", { error: first, patienceMs: 60_000 });
  interruption.raise("draining", { error: new Error("bye"), patienceMs: 60_000 });
  expect(interruption.code.reason).toBe(first);
  expect(interruption.patienceOver.reason).toBeUndefined();
});

test("the stronger reason decides, in whatever order they come", () => {
  const error = new Error("stop");
  const interruption = newInterruption();
  interruption.raise("draining", { error, patienceMs: 60_000 });
  interruption.raise("timed-out", { error, patienceMs: 60_000 });
  expect(interruption.reason).toBe("draining");
  interruption.raise("stale", { error, patienceMs: 60_000 });
  expect(interruption.reason).toBe("stale");
});

test("the store is asked on unless its answer cannot matter any more", () => {
  const error = new Error("stop");
  const interruption = newInterruption();
  interruption.raise("draining", { error, patienceMs: 60_000 });
  expect(interruption.storeIrrelevant.reason).toBeUndefined();
  interruption.raise("cut-off", { error, patienceMs: 60_000 });
  expect(interruption.storeIrrelevant.reason).toBe(error);
});

test("the shortest patience counts", async () => {
  const interruption = newInterruption();
  const over = new Promise((resolve) => interruption.patienceOver.onRaised(resolve));
  interruption.raise("timed-out", { error: new Error("late"), patienceMs: 600_000 });
  interruption.raise("draining", { error: new Error("bye"), patienceMs: 1 });
  await over;
});
