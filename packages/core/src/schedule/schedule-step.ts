import type { ScheduleProgress, ScheduleSpec } from "@heddle/protocol";
import type { AcceptedScheduleRequest } from "../store/schedule-store.js";
import { decide, drainBuffer, type Draft } from "./decisions.js";
import { MAX_BUFFERED, MAX_TICKS_PER_STEP } from "./limits.js";
import { ticksOf, type Ticks } from "./ticks.js";

interface StepInput {
  readonly scheduleId: string;
  readonly spec: ScheduleSpec;
  readonly progress: ScheduleProgress;
  /** In the order of their acceptance, all accepted by `nowMs`. */
  readonly requests: readonly AcceptedScheduleRequest[];
  readonly nowMs: number;
  /** Run ids, of those in `progress.running`. */
  readonly openRuns: ReadonlySet<string>;
}

export interface ScheduleStep {
  readonly spec: ScheduleSpec;
  readonly progress: ScheduleProgress;
  /** How many of the requests are done. */
  readonly requestsDone: number;
  /** There is more to decide now, after what was decided is performed. */
  readonly hasMore: boolean;
  /** When the next tick is due; `undefined` while it is paused or has none. */
  readonly dueMs: number | undefined;
}

/**
 * Moves a schedule on to `nowMs`: requests and due ticks in the order of their times, then what waited for the end of
 * a run. Decides only; `starting` and `ending` of its progress are for the owner to perform once they are stored.
 */
export function nextScheduleStep(input: StepInput): ScheduleStep {
  const step = new Step(input);
  const requestsDone = step.takeRequests(input.requests);
  let isDone = false;
  // What is buffered waits for the requests: a pause among them holds it back.
  if (requestsDone === input.requests.length) {
    drainBuffer(step.draft);
    isDone = step.decideTicks(input.nowMs) && step.decideBackfills();
    drainBuffer(step.draft);
  }
  const { spec, draft, ticks } = step;
  const dueMs =
    draft.paused || draft.remainingRuns === 0 ? undefined : ticks.next(draft.decidedUntilMs)?.dueMs;
  return { spec, progress: draft, requestsDone, hasMore: !isDone, dueMs };
}

class Step {
  spec: ScheduleSpec;
  readonly draft: Draft;
  ticks: Ticks;
  private budget = MAX_TICKS_PER_STEP;

  constructor(private readonly input: StepInput) {
    this.spec = input.spec;
    this.draft = structuredClone(input.progress);
    this.draft.running = this.draft.running.filter(({ runId }) => input.openRuns.has(runId));
    this.ticks = ticksOf(input.scheduleId, this.spec);
  }

  /** How many of them are done. A request sees the ticks that were due before it decided. */
  takeRequests(requests: readonly AcceptedScheduleRequest[]): number {
    const undone = requests.findIndex(
      (request) => !this.decideTicks(request.atMs) || !this.takeRequest(request),
    );
    return undone < 0 ? requests.length : undone;
  }

  /** Ticks due by then; `false` when some are left for the next step. */
  decideTicks(untilMs: number): boolean {
    const { draft, spec } = this;
    if (draft.paused) return true;
    for (;;) {
      const tick = this.ticks.next(draft.decidedUntilMs);
      if (tick === undefined || tick.dueMs > untilMs || draft.remainingRuns === 0) return true;
      if (this.budget-- === 0) return false;
      if (this.input.nowMs - tick.dueMs > spec.catchUpWindowMs) draft.counts.missed++;
      else if (!decide(draft, { atMs: tick.atMs, overlap: spec.overlap, isManual: false })) return false;
      draft.decidedUntilMs = tick.atMs;
    }
  }

  decideBackfills(): boolean {
    const { draft } = this;
    for (let [range] = draft.backfills; range !== undefined; [range] = draft.backfills) {
      const tick = this.ticks.next(range.afterMs);
      if (tick === undefined || tick.atMs > range.toMs) {
        draft.backfills.shift();
        continue;
      }
      // It goes on when the end of a run has made room.
      if (range.overlap === "buffer-all" && draft.buffered.length >= MAX_BUFFERED) return true;
      if (this.budget-- === 0) return false;
      if (!decide(draft, { atMs: tick.atMs, overlap: range.overlap, isManual: true })) return false;
      range.afterMs = tick.atMs;
    }
    return true;
  }

  private takeRequest(request: AcceptedScheduleRequest): boolean {
    const { draft, spec } = this;
    const { atMs } = request;
    switch (request.kind) {
      case "pause":
      case "resume":
        applyPause(draft, request);
        return true;
      case "trigger":
        return decide(draft, { atMs, overlap: request.overlap ?? spec.overlap, isManual: true });
      case "backfill": {
        const { fromMs, toMs, overlap = spec.overlap } = request;
        draft.backfills.push({ afterMs: fromMs - 1, toMs: Math.min(toMs, atMs), overlap });
        return true;
      }
      case "update":
        this.spec = request.spec;
        this.ticks = ticksOf(this.input.scheduleId, request.spec);
        applyUpdate(draft, request);
        return true;
    }
  }
}

/** What a schedule is for a reader who does not wait for its owner to take the requests. */
export function withRequests(
  state: { readonly spec: ScheduleSpec; readonly progress: ScheduleProgress },
  requests: readonly AcceptedScheduleRequest[],
): { readonly spec: ScheduleSpec; readonly progress: ScheduleProgress } {
  let { spec } = state;
  const progress = structuredClone(state.progress);
  for (const request of requests) {
    if (request.kind === "pause" || request.kind === "resume") applyPause(progress, request);
    if (request.kind !== "update") continue;
    ({ spec } = request);
    applyUpdate(progress, request);
  }
  return { spec, progress };
}

function applyPause(
  draft: Draft,
  request: Extract<AcceptedScheduleRequest, { kind: "pause" | "resume" }>,
): void {
  // Ticks of the time in which it was paused are nobody's.
  if (draft.paused && request.kind === "resume") skipUntil(draft, request.atMs);
  draft.paused = request.kind === "pause";
  if (request.note === undefined) delete draft.note;
  else draft.note = request.note;
}

function applyUpdate(draft: Draft, request: Extract<AcceptedScheduleRequest, { kind: "update" }>): void {
  // A new specification says nothing about the past.
  skipUntil(draft, request.atMs);
  const { remainingRuns = draft.remainingRuns } = request;
  if (remainingRuns === undefined || remainingRuns === null) delete draft.remainingRuns;
  else draft.remainingRuns = remainingRuns;
}

function skipUntil(draft: Draft, atMs: number): void {
  draft.decidedUntilMs = Math.max(draft.decidedUntilMs, atMs);
}
