import type { ActivityTicket, StopSignal, TaskConsumer, TaskQueue } from "@heddle/core";
import { Attempt, type AttemptSurroundings } from "./attempt.js";

/** One queue that a worker serves: its consumer and the attempts that came from it. */
export class ServedQueue {
  readonly queue: string;
  readonly consumer: TaskConsumer;
  /** Attempts at once. */
  readonly concurrency: number;
  readonly #around: AttemptSurroundings;
  readonly #running = new Map<string, { attempt: Attempt; done: Promise<void> }>();
  #fetched = 0;

  constructor(options: {
    queue: string;
    taskQueue: TaskQueue;
    concurrency: number;
    around: AttemptSurroundings;
  }) {
    this.queue = options.queue;
    this.concurrency = options.concurrency;
    this.#around = options.around;
    this.consumer = options.taskQueue.consume(
      options.queue,
      { concurrency: options.concurrency },
      (ticket, lost) => this.#handle(ticket, lost),
    );
  }

  get running(): readonly Attempt[] {
    return [...this.#running.values()].map(({ attempt }) => attempt);
  }

  get freeSlots(): number {
    return this.concurrency - this.#running.size;
  }

  /** Tickets delivered so far. */
  get fetched(): number {
    return this.#fetched;
  }

  /** Resolves when no attempt runs, also when more began meanwhile. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.allSettled([...this.#running.values()].map(({ done }) => done));
    }
  }

  #handle(ticket: ActivityTicket, lost: StopSignal): Promise<void> {
    this.#fetched++;
    // The queue delivers again what it lost the lock of. Two runs of one attempt in this process could not be told apart
    // by the store, so the second delivery waits for the first.
    const known = this.#running.get(ticket.token);
    if (known !== undefined) return known.done;
    const attempt = new Attempt(ticket, this.#around);
    const done = attempt.run(lost).finally(() => this.#running.delete(ticket.token));
    this.#running.set(ticket.token, { attempt, done });
    return done;
  }
}
