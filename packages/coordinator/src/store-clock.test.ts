import { expect, test } from "vitest";
import { StoreClock } from "./store-clock.js";

test("time goes on between two replies", () => {
  const clock = new StoreClock(false);
  clock.note(performance.now() + 1_000_000);
  const first = clock.nowMs();
  expect(first).toBeGreaterThanOrEqual(1_000_000);
  const begin = performance.now();
  while (performance.now() - begin < 3);
  expect(clock.nowMs()).toBeGreaterThan(first);
  const waitMs = clock.msUntil(clock.nowMs() + 500);
  expect(waitMs).toBeGreaterThan(400);
  expect(waitMs).toBeLessThanOrEqual(501);
  expect(clock.msUntil(undefined)).toBeUndefined();
});

test("time that stands still is that of the newest reply, whatever order they come in, and waiting brings nothing", () => {
  const clock = new StoreClock(true);
  clock.note(5_000);
  const begin = performance.now();
  while (performance.now() - begin < 3);
  expect(clock.nowMs()).toBe(5_000);
  expect(clock.msUntil(6_000)).toBeUndefined();
  clock.note(6_000);
  clock.note(5_500);
  expect(clock.nowMs()).toBe(6_000);
});
