import type { WorkflowCollection } from "@heddle/workflow";
import type { ScheduleCalls } from "./schedule-calls.js";
import type { ScheduleDescription, SchedulePage } from "./schedule-description.js";
import type {
  BackfillOptions,
  DescribeScheduleOptions,
  ListSchedulesOptions,
  ScheduleCallOptions,
  ScheduleChanges,
  ScheduledWorkflowOf,
  ScheduleOptions,
  TriggerOptions,
} from "./schedule-options.js";

type CreateOptions<Workflows, Name extends string> = Omit<ScheduleOptions, "workflow"> & {
  readonly workflow: ScheduledWorkflowOf<Workflows, Name>;
};

/** Starts workflows by cron or interval: each tick once, whichever processes die meanwhile. */
export class Schedules<const Workflows extends WorkflowCollection = readonly []> {
  constructor(private readonly calls: ScheduleCalls) {}

  /**
   * Resolves when the schedule is stored; from then on any coordinator of the namespace starts its ticks.
   * Errors: `ScheduleAlreadyExistsError`, `InvalidScheduleError`, `InvalidArgumentError`, `PayloadTooLargeError`.
   */
  async create<Name extends string>(
    options: CreateOptions<Workflows, Name>,
    call: ScheduleCallOptions = {},
  ): Promise<ScheduleHandle> {
    await this.calls.create(options, call);
    return this.get(options.id);
  }

  /** A handle for an id; nothing is sent. */
  get(id: string): ScheduleHandle {
    return new ScheduleHandle(this.calls, id);
  }

  /** Ordered by id, at most `limit` (50), behind `cursor` of the page before. */
  list(options: ListSchedulesOptions = {}): Promise<SchedulePage> {
    return this.calls.list(options);
  }
}

/**
 * One schedule, as callers hold it; it keeps the id alone. What is asked resolves when it is accepted, and is done in
 * the order of acceptance. All reject with `ScheduleNotFoundError` when there is no such schedule.
 */
export class ScheduleHandle {
  constructor(
    private readonly calls: ScheduleCalls,
    readonly id: string,
  ) {}

  describe(options: DescribeScheduleOptions = {}): Promise<ScheduleDescription> {
    return this.calls.describe(this.id, options);
  }

  /** Ticks that are due later start nothing until `resume`. */
  pause(note?: string, call: ScheduleCallOptions = {}): Promise<void> {
    return this.calls.setPaused(this.id, "pause", note, call);
  }

  /** Ticks go on from now; those of the meantime are left out (see `backfill`). */
  resume(note?: string, call: ScheduleCallOptions = {}): Promise<void> {
    return this.calls.setPaused(this.id, "resume", note, call);
  }

  /**
   * Starts the workflow now, also while paused, as the overlap policy allows. Returns the workflow id that the run
   * gets. Errors: `InvalidScheduleError`, `InboxFullError`.
   */
  trigger(options: TriggerOptions = {}): Promise<{ readonly workflowId: string }> {
    return this.calls.trigger(this.id, options);
  }

  /** Starts the workflow for each tick of a range that has passed. Errors: `InvalidScheduleError`, `InboxFullError`. */
  backfill(options: BackfillOptions): Promise<void> {
    return this.calls.backfill(this.id, options);
  }

  /**
   * Changes what is named and leaves the rest; `null` takes a field away. Later ticks, and starts that are buffered,
   * follow the changed schedule. Errors: those of `create`.
   */
  update(changes: ScheduleChanges, call: ScheduleCallOptions = {}): Promise<void> {
    return this.calls.update(this.id, changes, call);
  }

  /** Starts nothing any more; runs that it has started go on. */
  delete(call: ScheduleCallOptions = {}): Promise<void> {
    return this.calls.delete(this.id, call);
  }
}
