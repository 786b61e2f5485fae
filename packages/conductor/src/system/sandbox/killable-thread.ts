import { Worker } from "node:worker_threads";
import type { SandboxReply, SandboxRequest, ThreadMessage } from "./messages.js";

/** The engines check the deadline themselves; what overruns it by this much is killed. */
const GRACE_MS = 250;
/** Loading an engine on a loaded machine; the time of the expression does not run meanwhile. */
const LOAD_MS = 60_000;

/** Compiled, also when tests run the sources: a thread cannot run TypeScript. */
const entry = new URL("../../../dist/system/sandbox/sandbox-thread.js", import.meta.url);

/** How a request ended. After anything but a reply the thread is gone. */
export type ThreadEnd =
  | { readonly kind: "replied"; readonly reply: SandboxReply }
  | { readonly kind: "timeout" }
  | { readonly kind: "out-of-memory" };

/** A worker thread that runs one request at a time and is killed when one overruns its deadline. */
export class KillableThread {
  readonly #worker: Worker;
  #isAlive = true;
  #served = 0;

  constructor() {
    this.#worker = new Worker(entry, {
      argv: [],
      env: {},
      execArgv: [],
      // Native recursion of the engines needs stack; their own stack limits are far below this one.
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 8 },
      stdout: true,
      stderr: true,
    });
    // What engines print (`debug` of jq) goes nowhere, but has to be read.
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on("error", () => (this.#isAlive = false));
    this.#worker.on("exit", () => (this.#isAlive = false));
    this.#worker.unref();
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }
  /** Requests answered so far. */
  get served(): number {
    return this.#served;
  }

  /** Rejects with the reason of `signal` when that comes first, or when the thread fails for a reason of its own. */
  run(request: SandboxRequest, signal: AbortSignal | undefined): Promise<ThreadEnd> {
    const worker = this.#worker;
    return new Promise<ThreadEnd>((resolve, reject) => {
      let timer = setTimeout(() => this.kill(), LOAD_MS);
      let isOverdue = false;
      const onMessage = (message: ThreadMessage): void => {
        clearTimeout(timer);
        if (message.kind === "done") {
          this.#served += 1;
          end(() => resolve({ kind: "replied", reply: message.reply }));
          if (!message.reply.ok && message.reply.isWorn === true) this.kill();
          return;
        }
        timer = setTimeout(() => {
          // This event loop may have been held up itself: an answer that is already there comes first.
          setImmediate(() => {
            isOverdue = true;
            this.kill();
          });
        }, request.deadlineMs + GRACE_MS);
      };
      const onError = (error: Error & { code?: string }): void => {
        if (error.code === "ERR_WORKER_OUT_OF_MEMORY") end(() => resolve({ kind: "out-of-memory" }));
        else end(() => reject(error));
      };
      const onExit = (): void => {
        if (isOverdue) end(() => resolve({ kind: "timeout" }));
        else end(() => reject(new Error("a sandbox thread ended before it answered")));
      };
      const onAbort = (): void => {
        end(() => reject(signal?.reason as Error));
        this.kill();
      };
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
        signal?.removeEventListener("abort", onAbort);
        worker.unref();
        settle();
      };
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
      signal?.addEventListener("abort", onAbort);
      worker.ref();
      worker.postMessage(request);
    });
  }

  kill(): void {
    this.#isAlive = false;
    void this.#worker.terminate();
  }
}
