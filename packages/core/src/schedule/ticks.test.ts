import { expect, test } from "vitest";
import { ticksOf } from "./ticks.js";

const HOUR = 3_600_000;
const none = { cron: [], timezone: "UTC", jitterMs: 0 };
const hourly = { ...none, interval: { everyMs: HOUR, offsetMs: 0 } };

test("an interval counts from the epoch, moved by its offset, whenever the schedule was made", () => {
  const ticks = ticksOf("id", { ...none, interval: { everyMs: HOUR, offsetMs: 60_000 } });
  expect(ticks.next(Date.parse("2026-01-01T10:00:59.999Z"))?.atMs).toBe(Date.parse("2026-01-01T10:01:00Z"));
  expect(ticks.next(Date.parse("2026-01-01T10:01:00Z"))?.atMs).toBe(Date.parse("2026-01-01T11:01:00Z"));
});

test("several expressions and an interval tick when any of them does, once where they meet", () => {
  const ticks = ticksOf("id", { ...hourly, cron: ["30 10 * * *", "0 11 * * *"] });
  const times: string[] = [];
  for (let at = Date.parse("2026-01-01T10:00Z"); times.length < 3;) {
    at = ticks.next(at)?.atMs ?? Number.NaN;
    times.push(new Date(at).toISOString().slice(11, 16));
  }
  expect(times).toEqual(["10:30", "11:00", "12:00"]);
});

test("nothing ticks before startAt or after endAt; both are included", () => {
  const [startAtMs, endAtMs] = [Date.parse("2026-01-01T10:00Z"), Date.parse("2026-01-01T11:00Z")];
  const ticks = ticksOf("id", { ...hourly, startAtMs, endAtMs });
  expect(ticks.next(0)?.atMs).toBe(startAtMs);
  expect(ticks.next(startAtMs)?.atMs).toBe(endAtMs);
  expect(ticks.next(endAtMs)).toBeUndefined();
});

test("jitter is the same for everyone, differs by tick and schedule, and stays within its bound and before the next tick", () => {
  const spread = { ...hourly, jitterMs: 10 * HOUR };
  const delays = (id: string) =>
    Array.from({ length: 200 }, (_, index) => {
      const tick = ticksOf(id, spread).next(index * HOUR);
      return (tick?.dueMs ?? 0) - (tick?.atMs ?? 0);
    });
  const [one, two] = [delays("one"), delays("two")];
  expect(delays("one")).toEqual(one);
  expect(new Set(one).size).toBeGreaterThan(190);
  expect(one.filter((delay, index) => delay === two[index]).length).toBeLessThan(5);
  expect(Math.min(...one)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...one)).toBeLessThan(HOUR);
  const mean = one.reduce((sum, delay) => sum + delay, 0) / one.length;
  expect(mean / HOUR).toBeGreaterThan(0.4);
  expect(mean / HOUR).toBeLessThan(0.6);
});
