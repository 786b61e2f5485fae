import { OVERLAP_POLICIES } from "@heddle/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_BUFFERED } from "./limits.js";
import { SimulatedSchedule } from "./testing/simulated-schedule.js";

const happening = fc.oneof(
  fc.record({ kind: fc.constant("move" as const), seconds: fc.integer({ min: 0, max: 45 }) }),
  fc.record({ kind: fc.constant("outage" as const), seconds: fc.integer({ min: 100, max: 2_000 }) }),
  fc.record({ kind: fc.constant("end" as const), index: fc.nat(3) }),
  /** The owner dies after it stored a decision, or after it performed one. */
  fc.record({ kind: fc.constantFrom("decide" as const, "perform" as const) }),
  fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const) }),
);

test("every tick has one fate, whenever owners die and runs end, and only allow-all lets runs overlap", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...OVERLAP_POLICIES),
      fc.boolean(),
      fc.array(happening, { minLength: 5, maxLength: 40 }),
      (overlap, isShort, happenings) => {
        const schedule = new SimulatedSchedule({ overlap, ...(isShort ? { catchUpWindowMs: 60_000 } : {}) });
        let [second, paused, pausedTicks] = [0, false, 0];
        const pass = (seconds: number): void => {
          const before = Math.floor(second / 10);
          second += seconds;
          if (paused) pausedTicks += Math.floor(second / 10) - before;
          schedule.nowMs = second * 1_000;
        };
        for (const happens of happenings) {
          switch (happens.kind) {
            case "move":
            case "outage":
              pass(happens.seconds);
              if (happens.kind === "move") schedule.move(second);
              break;
            case "end":
              schedule.open.delete([...schedule.open][happens.index] ?? "");
              break;
            case "decide":
              schedule.step();
              break;
            case "perform":
              schedule.performInVain();
              break;
            default:
              schedule.ask({ kind: happens.kind });
              paused = happens.kind === "pause";
          }
          if (overlap !== "allow-all") expect(schedule.open.size).toBeLessThanOrEqual(1);
        }
        schedule.move(second);
        const { started, progress, counts } = schedule;
        expect(new Set(started).size).toBe(started.length);
        expect(started).toEqual(started.toSorted((left, right) => left - right));
        expect(counts.started).toBe(started.length);
        expect(progress.buffered.length).toBeLessThanOrEqual(MAX_BUFFERED);
        const decided =
          counts.started + counts.skipped + counts.missed + counts.dropped + progress.buffered.length;
        expect(decided).toBe(Math.floor(second / 10) - pausedTicks);
      },
    ),
    { numRuns: 300 },
  );
});
