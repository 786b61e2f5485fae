import type { TaskRecord } from "./task-record.js";

/** Where in its loops a task is. */
export class IterationScope {
  /** The latest attempts of the tasks of this iteration, by the names that the definition gives them. */
  readonly records = new Map<string, TaskRecord>();
  /** All attempts, those inside of inner loops included. */
  readonly attempts: TaskRecord[] = [];

  private constructor(
    /** Behind the reference names of its tasks, as in `ref__2`; of a loop in a loop `ref__1__2`, the outer one first. */
    readonly suffix: string,
    /** Of the innermost loop, from 1; 0 outside. */
    readonly iteration: number,
    private readonly outer: IterationScope | undefined,
  ) {}

  static readonly outsideOfLoops = new IterationScope("", 0, undefined);

  next(iteration: number): IterationScope {
    return new IterationScope(`${this.suffix}__${iteration}`, iteration, this);
  }

  add(record: TaskRecord): void {
    // Outside of loops nothing is asked for by iteration.
    if (this.outer === undefined) return;
    this.records.set(record.task.taskReferenceName, record);
    this.#note(record);
  }

  #note(record: TaskRecord): void {
    this.attempts.push(record);
    if (this.outer?.outer !== undefined) this.outer.#note(record);
  }
}
