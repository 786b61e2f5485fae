import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ticksOf } from "./ticks.js";

const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"];
/** Around the days on which clocks are set in 2026, and anywhere in the year. */
const CLOCK_CHANGES = [
  ...["2026-03-29T01:00Z", "2026-10-25T01:00Z", "2026-03-08T07:00Z", "2026-11-01T06:00Z"],
  ...["2026-10-03T15:30Z", "2026-04-04T15:00Z"],
].map((time) => Date.parse(time));
const instant = fc.oneof(
  fc
    .tuple(fc.constantFrom(...CLOCK_CHANGES), fc.integer({ min: -6 * 3_600_000, max: 6 * 3_600_000 }))
    .map(([change, away]) => change + away),
  fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2026, 11) }),
);

const minute = fc.constantFrom("*/15", "0", "30", "5,35,59", "*/7");
const hour = fc.constantFrom("*", "2", "1-3", "*/2", "0,23");
const weekday = fc.constantFrom("*", "*", "0", "6,0");
const cron = fc.tuple(minute, hour, weekday).map(([m, h, w]) => `${m} ${h} * * ${w}`);
const spec = fc.record({
  cron: fc.array(cron, { minLength: 1, maxLength: 2 }),
  timezone: fc.constantFrom(...ZONES),
  interval: fc.option(
    fc.record({
      everyMs: fc.integer({ min: 60_000, max: 7_200_000 }),
      offsetMs: fc.integer({ min: 0, max: 59_000 }),
    }),
    { nil: undefined },
  ),
  jitterMs: fc.constantFrom(0, 1_000, 3_600_000),
});

function allBetween(ticks: ReturnType<typeof ticksOf>, fromMs: number, toMs: number): number[] {
  const found: number[] = [];
  for (let tick = ticks.next(fromMs); tick !== undefined && tick.atMs <= toMs; tick = ticks.next(tick.atMs)) {
    found.push(tick.atMs);
  }
  return found;
}

describe("the ticks of a schedule", () => {
  test("are strictly later than what they are asked with, and so are their due times", () => {
    fc.assert(
      fc.property(spec, instant, (timing, fromMs) => {
        const ticks = ticksOf("nightly", timing);
        let last = { atMs: fromMs, dueMs: fromMs };
        for (let count = 0; count < 10; count++) {
          const tick = ticks.next(last.atMs);
          if (tick === undefined) throw new Error("these never end");
          expect(tick.atMs).toBeGreaterThan(last.atMs);
          expect(tick.dueMs).toBeGreaterThanOrEqual(tick.atMs);
          expect(tick.dueMs).toBeLessThanOrEqual(tick.atMs + timing.jitterMs);
          if (count > 0) expect(tick.dueMs).toBeGreaterThanOrEqual(last.dueMs);
          last = tick;
        }
      }),
      { numRuns: 50 },
    );
  });

  test("are the same wherever the search for them begins", () => {
    fc.assert(
      fc.property(
        spec,
        instant,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
        (timing, fromMs, places) => {
          const ticks = ticksOf("nightly", timing);
          const toMs = fromMs + 3 * 3_600_000;
          const all = allBetween(ticks, fromMs, toMs);
          for (const place of places) {
            const afterMs = Math.floor(fromMs + place * (toMs - fromMs));
            expect(allBetween(ticks, afterMs, toMs)).toEqual(all.filter((atMs) => atMs > afterMs));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test("are on each day as many as the expression has wall times, however clocks are set", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.constantFrom(...CLOCK_CHANGES),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        (timezone, change, h, m) => {
          const ticks = ticksOf("daily", { cron: [`${m} ${h} * * *`], timezone, jitterMs: 0 });
          const day = new Intl.DateTimeFormat("en-CA", { timeZone: timezone });
          const found = allBetween(ticks, change - 5 * 86_400_000, change + 5 * 86_400_000);
          const days = found.map((atMs) => day.format(atMs));
          expect(new Set(days).size).toBe(found.length);
          expect(found.length).toBeGreaterThanOrEqual(9);
          expect(found.length).toBeLessThanOrEqual(11);
        },
      ),
      { numRuns: 50 },
    );
  });
});
