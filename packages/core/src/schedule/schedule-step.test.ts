import type { OverlapPolicy } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { MAX_BUFFERED } from "./limits.js";
import { withRequests } from "./schedule-step.js";
import { SECOND, SimulatedSchedule } from "./testing/simulated-schedule.js";

const of = (overlap: OverlapPolicy) => new SimulatedSchedule({ overlap });

describe("a tick that comes while a run is open", () => {
  test("skip: is not started", () => {
    const schedule = of("skip");
    expect(schedule.move(10)).toEqual([10]);
    expect(schedule.move(20)).toEqual([]);
    expect(schedule.counts).toMatchObject({ started: 1, skipped: 1 });
    expect(schedule.end(10).move(30)).toEqual([30]);
  });

  test("buffer-one: the first such tick is started at the end of the run, others are skipped", () => {
    const schedule = of("buffer-one");
    schedule.move(10);
    expect(schedule.move(35)).toEqual([]);
    expect(schedule.progress.buffered).toMatchObject([{ atMs: 20 * SECOND }]);
    expect(schedule.end(10).move(36)).toEqual([20]);
    expect(schedule.counts).toMatchObject({ started: 2, skipped: 1 });
  });

  test("buffer-all: all are started, one after the other, and what does not fit is counted", () => {
    const schedule = of("buffer-all");
    schedule.move(10);
    schedule.move(30);
    expect(schedule.end(10).move(31)).toEqual([20]);
    expect(schedule.move(39)).toEqual([]);
    expect(schedule.end(20).move(39)).toEqual([30]);
    schedule.move(30 + 10 * (MAX_BUFFERED + 2));
    expect(schedule.progress.buffered).toHaveLength(MAX_BUFFERED);
    expect(schedule.counts.dropped).toBe(2);
    expect(schedule.ask({ kind: "trigger" }).move(20_000)).toEqual([]);
    expect(schedule.steps.at(-1)?.hasMore).toBe(false);
  });

  test("cancel-other: the run is asked to cancel, and the newest tick is started at its end", () => {
    const schedule = of("cancel-other");
    schedule.move(10);
    expect(schedule.move(20)).toEqual([]);
    expect(schedule.ended).toEqual(["cancel"]);
    expect(schedule.move(30)).toEqual([]);
    expect(schedule.progress.buffered).toMatchObject([{ atMs: 30 * SECOND }]);
    expect(schedule.end(10).move(31)).toEqual([30]);
    expect(schedule.counts).toMatchObject({ started: 2, skipped: 1 });
  });

  test("terminate-other: the run is terminated and the tick is started at once", () => {
    const schedule = of("terminate-other");
    schedule.move(10);
    expect(schedule.move(20)).toEqual([20]);
    expect(schedule.ended).toEqual(["terminate"]);
    expect(schedule.progress.running).toHaveLength(1);
  });

  test("terminate-other: of several that are due at once, the newest takes the place of the run", () => {
    const schedule = of("terminate-other");
    expect(schedule.move(30)).toEqual([10, 30]);
    expect(schedule.open.size).toBe(1);
    expect(schedule.counts.skipped).toBe(1);
  });

  test("allow-all: it is started beside it, and stands in nobody's way", () => {
    const schedule = of("allow-all");
    expect(schedule.move(30)).toEqual([10, 20, 30]);
    expect(schedule.progress.running).toEqual([]);
    schedule.ask({ kind: "trigger", overlap: "skip" });
    expect(schedule.move(31)).toEqual([30]);
  });
});

describe("a step", () => {
  test("decides the same again when what it decided was not performed", () => {
    const schedule = of("skip");
    schedule.nowMs = 10 * SECOND;
    const [start] = schedule.step().progress.starting;
    expect(start).toMatchObject({ number: 1, atMs: 10 * SECOND });
    expect(schedule.started).toEqual([]);
    // The next owner performs it first, however late.
    expect(schedule.move(3_700)).toContain(10);
    expect(schedule.started.filter((second) => second === 10)).toHaveLength(1);
  });

  test("numbers starts without gaps, and tells when the next tick is due", () => {
    const schedule = of("allow-all");
    schedule.move(35);
    expect(schedule.progress.lastStart).toBe(3);
    expect(schedule.steps.at(-1)).toMatchObject({ hasMore: false, dueMs: 40 * SECOND });
  });

  test("takes a long absence in portions", () => {
    const schedule = of("allow-all");
    const seconds = schedule.move(3_000);
    expect(seconds).toHaveLength(300);
    expect(new Set(seconds).size).toBe(300);
    expect(schedule.steps.length).toBeGreaterThan(5);
  });

  test("is not stopped by a workflow id that is taken", () => {
    const schedule = of("skip");
    schedule.taken.add("s-1970-01-01T00:00:10Z");
    expect(schedule.move(20)).toEqual([]);
    expect(schedule.move(30)).toEqual([30]);
    expect(schedule.counts).toMatchObject({ started: 1, refused: 1 });
  });
});

describe("a tick that is late", () => {
  test("is started within the catch-up window and counted as missed outside", () => {
    const schedule = new SimulatedSchedule({ overlap: "allow-all", catchUpWindowMs: 15 * SECOND });
    expect(schedule.move(60)).toEqual([50, 60]);
    expect(schedule.counts).toMatchObject({ started: 2, missed: 4 });
  });

  test("that was decided in time is performed whenever that is", () => {
    const schedule = new SimulatedSchedule({ catchUpWindowMs: 15 * SECOND });
    schedule.nowMs = 10 * SECOND;
    schedule.step();
    expect(schedule.move(100)).toContain(10);
  });
});

describe("a pause", () => {
  test("leaves out the ticks of its time; what was due before is started", () => {
    const schedule = of("allow-all");
    schedule.nowMs = 15 * SECOND;
    schedule.ask({ kind: "pause", note: "deploying" });
    expect(schedule.move(40)).toEqual([10]);
    expect(schedule.progress.note).toBe("deploying");
    expect(schedule.steps.at(-1)?.dueMs).toBeUndefined();
    schedule.nowMs = 45 * SECOND;
    schedule.ask({ kind: "resume" });
    expect(schedule.move(60)).toEqual([50, 60]);
    expect(schedule.progress.note).toBeUndefined();
    expect(schedule.counts.missed).toBe(0);
  });

  test("holds back what is buffered until it is resumed, but no trigger", () => {
    const schedule = of("buffer-one");
    schedule.move(20);
    expect(schedule.progress.buffered).toHaveLength(1);
    expect(schedule.ask({ kind: "pause" }).end(10).move(30)).toEqual([]);
    expect(schedule.ask({ kind: "trigger" }).move(35)).toEqual([30]);
    expect(schedule.end(30).move(36)).toEqual([]);
    expect(schedule.ask({ kind: "resume" }).move(37)).toEqual([20]);
  });
});

describe("remainingRuns", () => {
  test("counts started ticks, not skipped ones, triggers or backfills", () => {
    const schedule = new SimulatedSchedule({}, { remainingRuns: 2 });
    expect(schedule.move(10)).toEqual([10]);
    expect(schedule.move(20)).toEqual([]);
    schedule.end(10).ask({ kind: "trigger" });
    expect(schedule.move(21)).toEqual([20]);
    expect(schedule.progress.remainingRuns).toBe(1);
    expect(schedule.end(20).move(30)).toEqual([30]);
    expect(schedule.progress.remainingRuns).toBe(0);
    expect(schedule.end(30).move(60)).toEqual([]);
    expect(schedule.steps.at(-1)?.dueMs).toBeUndefined();
  });

  test("begins at the update that gives some back, not in the past", () => {
    const schedule = new SimulatedSchedule({ overlap: "allow-all" }, { remainingRuns: 0 });
    expect(schedule.move(35)).toEqual([]);
    schedule.ask({ kind: "update", spec: schedule.spec, remainingRuns: 1 });
    expect(schedule.move(70)).toEqual([40]);
    schedule.ask({ kind: "update", spec: schedule.spec, remainingRuns: null });
    expect(schedule.move(90)).toEqual([80, 90]);
  });
});

describe("a trigger", () => {
  test("follows the policy of the schedule unless it brings its own", () => {
    const schedule = of("skip");
    schedule.move(10);
    expect(schedule.ask({ kind: "trigger" }).move(11)).toEqual([]);
    expect(schedule.ask({ kind: "trigger", overlap: "allow-all" }).move(12)).toEqual([11]);
    expect(schedule.counts).toMatchObject({ started: 2, skipped: 1 });
  });
});

describe("a backfill", () => {
  const backfill = (from: number, to: number, overlap?: OverlapPolicy) => ({
    ...{ kind: "backfill" as const, fromMs: from * SECOND, toMs: to * SECOND },
    ...(overlap === undefined ? {} : { overlap }),
  });

  test("starts each tick of its range, both ends included, in portions", () => {
    const schedule = of("skip");
    schedule.progress.paused = true;
    schedule.nowMs = 10_000 * SECOND;
    const seconds = schedule.ask(backfill(100, 2_000, "allow-all")).move(10_000);
    expect(seconds).toEqual(Array.from({ length: 191 }, (_, index) => 100 + index * 10));
  });

  test("that buffers drops nothing: it waits until there is room", () => {
    const schedule = of("skip");
    schedule.progress.paused = true;
    schedule.nowMs = 20_000 * SECOND;
    const all = schedule.ask(backfill(0, 10_100, "buffer-all")).move(20_000);
    expect(schedule.progress.buffered).toHaveLength(MAX_BUFFERED);
    for (let last = all.at(-1); last !== undefined; last = all.at(-1)) {
      const [next] = schedule.end(last).move(20_000);
      if (next === undefined) break;
      all.push(next);
    }
    expect(all).toEqual(Array.from({ length: 1_011 }, (_, index) => index * 10));
    expect(schedule.counts.dropped).toBe(0);
    expect(schedule.progress.backfills).toEqual([]);
  });

  test("never reaches beyond the moment of its request", () => {
    const schedule = of("allow-all");
    schedule.progress.paused = true;
    schedule.nowMs = 25 * SECOND;
    schedule.ask(backfill(10, 1_000));
    expect(schedule.move(100)).toEqual([10, 20]);
  });
});

describe("an update", () => {
  test("leaves what was due before to the old specification and says nothing about the past", () => {
    const schedule = of("allow-all");
    schedule.nowMs = 25 * SECOND;
    const spec = { ...schedule.spec, interval: { everyMs: 7 * SECOND, offsetMs: 0 } };
    schedule.ask({ kind: "update", spec });
    expect(schedule.move(36)).toEqual([10, 20, 28, 35]);
  });

  test("is seen by a reader before its owner takes it", () => {
    const { spec, progress } = of("skip");
    const changed = { ...spec, overlap: "allow-all" as const };
    const seen = withRequests({ spec, progress }, [
      { kind: "update", spec: changed, remainingRuns: 3, atMs: 5 * SECOND },
      { kind: "pause", note: "why", atMs: 6 * SECOND },
    ]);
    expect(seen.spec).toEqual(changed);
    expect(seen.progress).toMatchObject({
      paused: true,
      note: "why",
      remainingRuns: 3,
      decidedUntilMs: 5_000,
    });
    expect(progress.paused).toBe(false);
  });
});
