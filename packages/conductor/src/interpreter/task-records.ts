import type { TaskRecord } from "./task-record.js";
import { isOpenStatus } from "./task-status.js";

type Listener = (record: TaskRecord) => void;

/** The task records of one execution, found by id and by reference name. Nothing here looks at all of them. */
export class TaskRecords {
  #lastSeq = 0;
  /** In the order of `seq`. */
  readonly #byId = new Map<string, TaskRecord>();
  /** The latest attempt. */
  readonly #byRef = new Map<string, TaskRecord>();
  /** By the name in the definition: the latest attempt of the latest iteration. */
  readonly #byName = new Map<string, TaskRecord>();
  readonly #open = new Set<TaskRecord>();
  readonly #openByName = new Map<string, Set<TaskRecord>>();
  /** Tasks that have ended for good: no attempt follows. */
  readonly #ended = new Map<string, TaskRecord>();
  readonly #listeners = new Map<string, Listener[]>();

  get size(): number {
    return this.#byId.size;
  }

  nextSeq(): number {
    return ++this.#lastSeq;
  }

  all(): IterableIterator<TaskRecord> {
    return this.#byId.values();
  }

  /** Those that have not ended, in order. */
  open(): IterableIterator<TaskRecord> {
    return this.#open.values();
  }

  add(record: TaskRecord): void {
    this.#lastSeq = Math.max(this.#lastSeq, record.seq);
    this.#byId.set(record.taskId, record);
    this.#byRef.set(record.ref, record);
    this.#byName.set(record.task.taskReferenceName, record);
    this.#open.add(record);
    const name = record.task.taskReferenceName;
    const open = this.#openByName.get(name);
    if (open === undefined) this.#openByName.set(name, new Set([record]));
    else open.add(record);
  }

  /** To be called when the status of a record has become an ended one. */
  closed(record: TaskRecord): void {
    const name = record.task.taskReferenceName;
    const open = this.#openByName.get(name);
    this.#open.delete(record);
    open?.delete(record);
    if (open?.size === 0) this.#openByName.delete(name);
  }

  /** No other attempt follows: who joins on the task goes on. */
  endedForGood(record: TaskRecord): void {
    this.#ended.set(record.ref, record);
    const listeners = this.#listeners.get(record.ref) ?? [];
    this.#listeners.delete(record.ref);
    for (const listener of listeners) listener(record);
  }

  /** Calls back once the task of that reference name has ended for good; at once when it has. */
  whenEnded(ref: string, listener: Listener): void {
    const ended = this.#ended.get(ref);
    if (ended !== undefined) {
      listener(ended);
      return;
    }
    const listeners = this.#listeners.get(ref);
    if (listeners === undefined) this.#listeners.set(ref, [listener]);
    else listeners.push(listener);
  }

  byId(taskId: string): TaskRecord | undefined {
    return this.#byId.get(taskId);
  }

  byRef(ref: string): TaskRecord | undefined {
    return this.#byRef.get(ref);
  }

  /** By the name that the definition gives it, as expressions do. */
  byName(name: string): TaskRecord | undefined {
    return this.#byName.get(name);
  }

  names(): IterableIterator<string> {
    return this.#byName.keys();
  }

  /** The open task that somebody means who names it with or without the numbers of its iterations. */
  openByRefOrName(ref: string): TaskRecord | undefined {
    const exact = this.#byRef.get(ref);
    if (exact !== undefined && isOpenStatus(exact.status)) return exact;
    return this.#openByName.get(ref)?.values().next().value;
  }

  /** Drops what a loop does not keep. */
  remove(record: TaskRecord): void {
    this.#byId.delete(record.taskId);
    if (this.#byRef.get(record.ref) === record) this.#byRef.delete(record.ref);
    if (this.#ended.get(record.ref) === record) this.#ended.delete(record.ref);
  }
}
