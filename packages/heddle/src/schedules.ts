import type {
  BackfillOptions,
  ScheduleChanges,
  ScheduleDescription,
  ScheduledStartOptions,
  ScheduledWorkflow,
  ScheduleOptions,
  SchedulePage,
  StartOptions,
  WorkflowClient,
} from "@heddle/core";
import type { OverlapPolicy } from "@heddle/protocol";
import type { InputField } from "@heddle/workflow";
import type { InputNamed, WorkflowCollection } from "./workflow-types.js";

/** Which workflow a schedule starts, with which input; an input that the workflow declares must be given. */
export type ScheduledWorkflowOf<Workflows, Name extends string> = ScheduledStartOptions & {
  readonly type: Name;
} & InputField<InputNamed<Workflows, Name>>;

type CreateOptions<Workflows, Name extends string> = Omit<ScheduleOptions, "workflow"> & {
  readonly workflow: ScheduledWorkflowOf<Workflows, Name>;
};

export interface ScheduleSurroundings {
  client(): Promise<WorkflowClient>;
  /** As the schema of the workflow makes it; throws for what the workflow does not take. */
  checkedInput(type: string, input: unknown, options: Pick<StartOptions, "attributes">): Promise<unknown>;
}

/** Starts workflows by cron or interval: each tick once, whichever processes die meanwhile. */
export class Schedules<const Workflows extends WorkflowCollection = WorkflowCollection> {
  constructor(private readonly around: ScheduleSurroundings) {}

  /**
   * Resolves when the schedule is stored; from then on any coordinator of the namespace starts its ticks.
   * Errors: `ScheduleAlreadyExistsError`, `InvalidScheduleError`, `WorkflowTypeNotRegisteredError`,
   * `InvalidArgumentError`, `PayloadTooLargeError`.
   */
  async create<Name extends string>(options: CreateOptions<Workflows, Name>): Promise<ScheduleHandle> {
    const workflow = await checkedWorkflow(this.around, options.workflow);
    await (await this.around.client()).schedules.create({ ...options, workflow });
    return this.get(options.id);
  }

  /** A handle for an id; nothing is asked of Redis. */
  get(id: string): ScheduleHandle {
    return new ScheduleHandle(this.around, id);
  }

  /** Ordered by id, at most `limit` (50), behind `cursor` of the page before. */
  async list(options: { limit?: number; cursor?: string } = {}): Promise<SchedulePage> {
    return (await this.around.client()).schedules.list(options);
  }
}

/**
 * One schedule, as callers hold it; it keeps the id alone. What is asked resolves when it is accepted, and is done in
 * the order of acceptance. All reject with `ScheduleNotFoundError` when there is no such schedule.
 */
export class ScheduleHandle {
  constructor(
    private readonly around: ScheduleSurroundings,
    readonly id: string,
  ) {}

  /** `nextTimes`: how many of the next ticks to tell, 10 by default. */
  async describe(options: { nextTimes?: number } = {}): Promise<ScheduleDescription> {
    return (await this.client()).describe(this.id, options);
  }

  /** Ticks that are due later start nothing until `resume`. Repeating it renews the note. */
  async pause(note?: string): Promise<void> {
    await (await this.client()).pause(this.id, note);
  }

  /** Ticks go on from now; those of the meantime are left out (see `backfill`). */
  async resume(note?: string): Promise<void> {
    await (await this.client()).resume(this.id, note);
  }

  /**
   * Starts the workflow now, also while paused, as the overlap policy allows. Returns the workflow id that the run
   * gets. Errors: `InvalidScheduleError`, `InboxFullError`.
   */
  async trigger(options: { overlap?: OverlapPolicy } = {}): Promise<{ readonly workflowId: string }> {
    return (await this.client()).trigger(this.id, options);
  }

  /** Starts the workflow for each tick of a range that has passed. Errors: `InvalidScheduleError`, `InboxFullError`. */
  async backfill(options: BackfillOptions): Promise<void> {
    await (await this.client()).backfill(this.id, options);
  }

  /**
   * Changes what is named and leaves the rest; `null` takes a field away. Later ticks, and starts that are buffered,
   * follow the changed schedule. Errors: those of `create`.
   */
  async update(changes: ScheduleChanges): Promise<void> {
    const client = await this.client();
    if (changes.workflow === undefined) return client.update(this.id, changes);
    const workflow = await checkedWorkflow(this.around, changes.workflow);
    return client.update(this.id, { ...changes, workflow });
  }

  /** Starts nothing any more; runs that it has started go on. */
  async delete(): Promise<void> {
    await (await this.client()).delete(this.id);
  }

  private async client() {
    return (await this.around.client()).schedules;
  }
}

async function checkedWorkflow(
  around: ScheduleSurroundings,
  workflow: ScheduledWorkflow,
): Promise<ScheduledWorkflow> {
  // What is no object is refused by core, which names the field.
  if (typeof workflow !== "object" || (workflow as unknown) === null) return workflow;
  return { ...workflow, input: await around.checkedInput(workflow.type, workflow.input, workflow) };
}
