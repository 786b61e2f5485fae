import { ShutDownError } from "@heddle/protocol";
import { KillableThread, type ThreadEnd } from "./killable-thread.js";
import type { SandboxRequest } from "./messages.js";

/** Bounds what an engine may leak, and how long one tenant's leftovers could live beside another's. */
const REQUESTS_PER_THREAD = 1_000;

/** Up to `maxThreads` threads, started when needed; further requests wait for their turn. */
export class ThreadPool {
  readonly #maxThreads: number;
  readonly #threads = new Set<KillableThread>();
  readonly #idle: KillableThread[] = [];
  readonly #waiting: ((thread: KillableThread) => void)[] = [];
  #isClosed = false;

  constructor(maxThreads: number) {
    this.#maxThreads = maxThreads;
  }

  async run(request: SandboxRequest, signal: AbortSignal | undefined): Promise<ThreadEnd> {
    this.#assertOpen();
    const thread = await this.#acquire();
    try {
      this.#assertOpen();
      signal?.throwIfAborted();
      return await thread.run(request, signal);
    } finally {
      this.#release(thread);
    }
  }

  /** Kills what runs; its callers and those that wait are refused. */
  close(): void {
    this.#isClosed = true;
    for (const thread of this.#threads) thread.kill();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ShutDownError("the sandbox of expressions has been closed");
  }

  async #acquire(): Promise<KillableThread> {
    while (this.#idle.length > 0) {
      const thread = this.#idle.pop();
      if (thread?.isAlive === true) return thread;
      if (thread !== undefined) this.#threads.delete(thread);
    }
    if (this.#threads.size < this.#maxThreads) return this.#start();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(thread: KillableThread): void {
    const isFit = thread.isAlive && thread.served < REQUESTS_PER_THREAD && !this.#isClosed;
    if (!isFit) {
      thread.kill();
      this.#threads.delete(thread);
    }
    const next = this.#waiting.shift();
    // Whoever waits on a closed pool is told by `run`; the thread it gets there runs nothing.
    if (next !== undefined) next(isFit || this.#isClosed ? thread : this.#start());
    else if (isFit) this.#idle.push(thread);
  }

  #start(): KillableThread {
    const thread = new KillableThread();
    this.#threads.add(thread);
    return thread;
  }
}
