import {
  nextScheduleStep,
  startRequestOf,
  withPerformed,
  type Lease,
  type PerformedStart,
  type ScheduleRef,
  type StoredSchedule,
} from "@heddle/core";
import { CorruptRecordError, type ScheduleProgress } from "@heddle/protocol";
import { LeaseLostError, owned } from "./lease-lost-error.js";
import type { OwnerSurroundings } from "./owner-surroundings.js";

/** After a failure, or the death of the owner, a schedule is looked at again by then. */
const LOOK_AGAIN_MS = 5_000;
/** The end of a run is told; this makes up for a message that was lost. */
const ASK_FOR_END_MS = 60_000;

type Surroundings = Pick<OwnerSurroundings, "store" | "log" | "newToken">;

/**
 * Works on the schedules of one owned partition, beside its loop: a start goes to any partition and must not hold up
 * this one. Each step is decided and stored before it is performed, and performing repeats without harm, so that
 * another owner goes on wherever this one dies.
 */
export class PartitionSchedules {
  /** By schedule; `again`: it became due while it was worked on. */
  private readonly working = new Map<string, { again: boolean }>();
  private readonly watches = new Map<string, AbortController>();
  private closed = false;
  private reading = 0;

  constructor(
    private readonly lease: Lease,
    private readonly around: Surroundings,
    /** Its timer may be earlier than the loop knows. */
    private readonly wakeLoop: () => void,
  ) {}

  /** Nothing is left to do now: what is to come waits for time, for a caller or for the end of a run. */
  get isAtRest(): boolean {
    return this.reading === 0 && this.working.size === 0;
  }

  /** What an earlier owner decided and perhaps did not perform, and what waits for the end of a run. */
  async takeOver(): Promise<void> {
    await this.take(await this.around.store.schedulesUnderWay(this.lease));
  }

  /** Resolves when the timers of these schedules are put off. Rejects with `LeaseLostError`. */
  async take(schedules: readonly ScheduleRef[]): Promise<void> {
    this.reading++;
    const taken = await Promise.all(
      schedules.map(async (each) => [each, await this.read(each).catch(this.setAside(each))] as const),
    ).finally(() => this.reading--);
    for (const [schedule, stored] of taken) {
      const working = this.working.get(schedule.incarnation);
      if (working !== undefined) working.again = true;
      else if (stored !== undefined) void this.work(schedule, stored);
      else this.unwatch(schedule.incarnation);
    }
  }

  close(): void {
    this.closed = true;
    for (const watch of this.watches.values()) watch.abort();
  }

  private async work(schedule: ScheduleRef, first: StoredSchedule): Promise<void> {
    const { incarnation } = schedule;
    const working = { again: false };
    this.working.set(incarnation, working);
    this.unwatch(incarnation);
    try {
      for (let stored: StoredSchedule | undefined = first; stored !== undefined && !this.closed;) {
        const isDone = await this.moveOn(stored);
        if (isDone && !working.again) break;
        working.again = false;
        stored = await this.read(schedule);
      }
    } catch (error) {
      // The loop of the partition learns by itself that the lease is lost; everything else is tried again.
      if (!this.closed && !(error instanceof LeaseLostError)) this.warn(schedule, error);
    } finally {
      this.working.delete(incarnation);
      this.wakeLoop();
    }
  }

  /** Performs what is decided, decides what is due and stores it. Returns whether nothing is left to do now. */
  private async moveOn(stored: StoredSchedule): Promise<boolean> {
    const { scheduleId, incarnation, requests, nowMs, revision } = stored;
    const progress = await this.perform(stored);
    const step = nextScheduleStep({
      ...{ scheduleId, spec: stored.spec, progress, requests, nowMs },
      openRuns: await this.openRuns(progress),
    });
    const { starting, ending, buffered, backfills, running } = step.progress;
    const hasMore = starting.length + ending.length > 0 || step.hasMore;
    const waits = buffered.length + backfills.length > 0;
    const lookAgainMs = hasMore ? LOOK_AGAIN_MS : waits ? ASK_FOR_END_MS : Infinity;
    const dueMs = Math.min(step.dueMs ?? Infinity, nowMs + lookAgainMs);
    const reply = owned(
      await this.around.store.advanceSchedule(this.lease, {
        ...{ scheduleId, incarnation, expectedRevision: revision },
        ...(step.spec === stored.spec ? {} : { spec: step.spec }),
        progress: step.progress,
        requestsDone: step.requestsDone,
        dueMs: Number.isFinite(dueMs) ? dueMs : undefined,
        isUnderWay: hasMore || waits,
      }),
    );
    if (hasMore || reply.outcome === "changed") return false;
    if (waits) this.watch({ scheduleId, incarnation }, running);
    return true;
  }

  /** Everything decided, in its order; repeating it does nothing. */
  private async perform(stored: StoredSchedule): Promise<ScheduleProgress> {
    const { store, newToken } = this.around;
    const { starting, ending } = stored.progress;
    if (starting.length + ending.length === 0) return stored.progress;
    const reason = `the next run of schedule "${stored.scheduleId}" takes its place`;
    for (const { by, ...run } of ending) {
      const { workflowId } = run;
      if (!(await store.isRunOpen(run))) continue;
      if (by === "cancel") await store.requestCancel({ workflowId, reason });
      else await store.terminate({ workflowId, operationId: newToken(), reason });
    }
    const performed: PerformedStart[] = [];
    // One after the other: a partition takes the numbers of a schedule in their order.
    for (const start of starting) {
      const request = startRequestOf(stored, start);
      const reply = await store.start(request);
      if (reply.outcome === "inbox-full") throw new Error(`the partition of "${request.workflowId}" is full`);
      const { workflowId, runId } = request;
      const outcome = reply.outcome === "started" ? "started" : "refused";
      performed.push({ start, run: { workflowId, runId }, outcome });
    }
    return withPerformed(stored.progress, performed, stored.nowMs);
  }

  private async openRuns({ running }: ScheduleProgress): Promise<ReadonlySet<string>> {
    const open = await Promise.all(running.map((run) => this.around.store.isRunOpen(run)));
    return new Set(running.filter((_run, index) => open[index]).map(({ runId }) => runId));
  }

  private async read(schedule: ScheduleRef): Promise<StoredSchedule | undefined> {
    const request = { ...schedule, lookAgainMs: LOOK_AGAIN_MS };
    const stored = await this.around.store.takeSchedule(this.lease, request);
    return stored === undefined ? undefined : owned(stored);
  }

  /** One whose record cannot be read does not hold up the partition; its timer is put off. */
  private setAside(schedule: ScheduleRef): (error: unknown) => undefined {
    return (error) => {
      if (!(error instanceof CorruptRecordError)) throw error;
      this.warn(schedule, error);
    };
  }

  private warn({ scheduleId }: ScheduleRef, error: unknown): void {
    const message = "a schedule could not be moved on; trying again";
    this.around.log.warn(message, { scheduleId, error: String(error) });
  }

  /** Looks at the schedule again when one of these runs has ended. */
  private watch(schedule: ScheduleRef, running: ScheduleProgress["running"]): void {
    const watch = new AbortController();
    this.watches.set(schedule.incarnation, watch);
    const { signal } = watch;
    const ends = running.map((run) => this.around.store.awaitClosed({ ...run, signal }));
    // A wait that fails is made up for by the next tick or owner.
    Promise.any(ends)
      .then(() => (signal.aborted ? undefined : this.take([schedule])))
      .catch(() => undefined);
  }

  private unwatch(incarnation: string): void {
    this.watches.get(incarnation)?.abort();
    this.watches.delete(incarnation);
  }
}
