import type { ScheduleProgress, ScheduleRequest, ScheduleSpec } from "@heddle/protocol";
import type { AcceptedScheduleRequest } from "../../store/schedule-store.js";
import { nextScheduleStep, type ScheduleStep } from "../schedule-step.js";
import { startRequestOf, withPerformed, type PerformedStart } from "../scheduled-run.js";

export const SECOND = 1_000;

/**
 * A schedule with its owner, in memory: what is decided is performed at once, and every run is open until the test ends
 * it. Ticks are every ten seconds from 0 on unless told otherwise.
 */
export class SimulatedSchedule {
  nowMs: number;
  spec: ScheduleSpec;
  progress: ScheduleProgress;
  readonly open = new Set<string>();
  /** Second of the tick of each start, in order. */
  readonly started: number[] = [];
  readonly ended: string[] = [];
  /** Steps of the last `move`. */
  steps: ScheduleStep[] = [];
  private lastStarted = 0;
  private requests: AcceptedScheduleRequest[] = [];
  /** Workflow ids that another open workflow has. */
  readonly taken = new Set<string>();

  constructor(change: Partial<ScheduleSpec> = {}, progress: Partial<ScheduleProgress> = {}) {
    this.nowMs = 0;
    this.spec = {
      start: { type: "report", input: new Uint8Array() },
      cron: [],
      timezone: "UTC",
      interval: { everyMs: 10 * SECOND, offsetMs: 0 },
      jitterMs: 0,
      catchUpWindowMs: 1_000_000 * SECOND,
      overlap: "skip",
      ...change,
    };
    this.progress = {
      ...{ paused: false, decidedUntilMs: 0, lastStart: 0 },
      ...{ backfills: [], buffered: [], starting: [], ending: [], running: [], recent: [] },
      counts: { started: 0, skipped: 0, missed: 0, dropped: 0, refused: 0 },
      ...progress,
    };
  }

  get counts() {
    return this.progress.counts;
  }

  ask(request: ScheduleRequest): this {
    this.requests.push({ ...request, atMs: this.nowMs });
    return this;
  }

  /** Lets time pass to that second and has the owner do what is due. Returns the seconds of the ticks it started. */
  move(toSecond: number): number[] {
    this.nowMs = toSecond * SECOND;
    const before = this.started.length;
    this.steps = [];
    do this.step();
    while (this.steps.at(-1)?.hasMore || this.progress.starting.length + this.progress.ending.length > 0);
    return this.started.slice(before);
  }

  /** The owner dies after it performed what is decided and before it stored that. */
  performInVain(): void {
    this.perform();
  }

  /** One step, whose decisions are not performed yet. */
  step(): ScheduleStep {
    const progress = this.perform();
    const { spec, nowMs, requests } = this;
    const openRuns = this.open;
    const step = nextScheduleStep({ scheduleId: "s", spec, progress, requests, nowMs, openRuns });
    this.requests = requests.slice(step.requestsDone);
    ({ spec: this.spec, progress: this.progress } = step);
    this.steps.push(step);
    return step;
  }

  /** Ends the run of a tick. */
  end(second: number): this {
    const run = this.progress.recent.find(({ atMs }) => atMs === second * SECOND);
    if (run === undefined) throw new Error(`no run of second ${second}`);
    this.open.delete(run.runId);
    return this;
  }

  private perform(): ScheduleProgress {
    for (const { runId, by } of this.progress.ending) {
      this.ended.push(by);
      if (by === "terminate") this.open.delete(runId);
    }
    const performed = this.progress.starting.map((start): PerformedStart => {
      const schedule = { scheduleId: "s", incarnation: "i", spec: this.spec };
      const { workflowId, runId } = startRequestOf(schedule, start);
      const run = { workflowId, runId };
      if (this.taken.has(workflowId)) return { start, run, outcome: "refused" };
      // As the partition of the run does: by the number.
      if (start.number > this.lastStarted) {
        this.lastStarted = start.number;
        this.open.add(runId);
        this.started.push(start.atMs / SECOND);
      }
      return { start, run, outcome: "started" };
    });
    return withPerformed(this.progress, performed, this.nowMs);
  }
}
