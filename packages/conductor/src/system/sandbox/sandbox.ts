import { availableParallelism } from "node:os";
import { ExpressionError, MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import type { SandboxLimits, SandboxRequest } from "./messages.js";
import { ThreadPool } from "./thread-pool.js";

export interface SandboxOptions {
  /** Time of one expression. Default 4 s. */
  readonly deadlineMs?: number;
  /** Memory of one expression. Default 32 MiB. */
  readonly memoryBytes?: number;
  /** Text of a script or jq program. Default 4 KiB. */
  readonly maxExpressionBytes?: number;
  /** JSON text of what an expression may return. Default 1 MiB. */
  readonly maxResultBytes?: number;
  /** Threads at the same time. Default: the cores of the machine, at most 4. */
  readonly maxThreads?: number;
}

/**
 * Runs text that authors of definitions wrote: JavaScript in QuickJS, programs in jq, in worker threads that hold no
 * object of the host, no environment and no way out, and that are killed when the deadline has passed.
 * Every failure of the text is an `ExpressionError`.
 */
export class Sandbox {
  readonly #pool: ThreadPool;
  readonly #limits: SandboxLimits;
  readonly #maxExpressionBytes: number;

  constructor(options: SandboxOptions = {}) {
    this.#pool = new ThreadPool(options.maxThreads ?? Math.min(4, availableParallelism()));
    this.#maxExpressionBytes = options.maxExpressionBytes ?? 4_096;
    this.#limits = {
      deadlineMs: options.deadlineMs ?? 4_000,
      memoryBytes: options.memoryBytes ?? 32 * 1024 * 1024,
      maxResultCharacters: options.maxResultBytes ?? MAX_PAYLOAD_BYTES,
    };
  }

  /** The value of a script over `$` = input; `null` for one without JSON form. */
  async evaluate(code: string, input: unknown, signal?: AbortSignal): Promise<unknown> {
    const inputJson = JSON.stringify(input ?? null);
    const [value] = await this.#run({ kind: "evaluate", code, inputJson, ...this.#limits }, code, signal);
    return value ?? null;
  }

  /** Reads a script without running it; throws what is wrong with its syntax. */
  async compile(code: string, signal?: AbortSignal): Promise<void> {
    await this.#run({ kind: "compile", code, ...this.#limits }, code, signal);
  }

  /** All values that a jq program emits for a document. */
  async jq(program: string, input: unknown, signal?: AbortSignal): Promise<unknown[]> {
    const inputJson = JSON.stringify(input ?? null);
    return this.#run({ kind: "jq", program, inputJson, ...this.#limits }, program, signal);
  }

  /** Kills what runs. Idle threads do not keep a process alive. */
  close(): void {
    this.#pool.close();
  }

  async #run(request: SandboxRequest, text: string, signal: AbortSignal | undefined): Promise<unknown[]> {
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#maxExpressionBytes) {
      throw new ExpressionError(
        `the expression has ${bytes} bytes, allowed are ${this.#maxExpressionBytes}; move work into a worker task`,
        { kind: "syntax" },
      );
    }
    const end = await this.#pool.run(request, signal);
    if (end.kind === "timeout") throw this.#overtime();
    if (end.kind === "out-of-memory") throw new ExpressionError("out of memory", { kind: "memory" });
    const { reply } = end;
    if (reply.ok) return reply.json.map((json) => JSON.parse(json) as unknown);
    if (reply.fault === "timeout") throw this.#overtime();
    throw new ExpressionError(reply.message, { kind: reply.fault });
  }

  #overtime(): ExpressionError {
    return new ExpressionError(`the expression was stopped after ${this.#limits.deadlineMs} ms`, {
      kind: "timeout",
    });
  }
}
