import { setTimeout as delay } from "node:timers/promises";
import type { WorkflowClient } from "@heddle/core";
import { WorkflowNotFoundError } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import type { Executions } from "./executions.js";

/** Why an execution does not go on by itself. */
export type Stop =
  | { readonly kind: "ended" }
  /** Of the execution itself or of one of its sub-workflows. */
  | { readonly kind: "blocked"; readonly workflowId: string; readonly task: JsonMap };

const OPEN: ReadonlySet<string> = new Set(["RUNNING", "PAUSED"]);
/** Pauses between two looks double from the first to the last. */
const FIRST_PAUSE_MS = 20;
const LAST_PAUSE_MS = 250;

/** Waits for executions to come to where somebody outside has to act. */
export class ExecutionWatch {
  constructor(
    private readonly client: WorkflowClient,
    private readonly executions: Executions,
  ) {}

  /**
   * Resolves when the execution has ended, when it or a sub-workflow waits for a signal, or when a task of `refs` has ended.
   * The end is told by the run itself; the rest is looked for. Rejects when `signal` aborts.
   */
  async untilStopped(workflowId: string, refs: readonly string[], signal: AbortSignal): Promise<Stop> {
    const over = new AbortController();
    const watching = AbortSignal.any([signal, over.signal]);
    const ended = this.client.result(workflowId, { signal: watching }).then(
      () => undefined,
      // However it ended; an abort is seen by the look.
      () => undefined,
    );
    try {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)) {
        const stop = await this.#look(workflowId, refs);
        if (stop !== undefined) return stop;
        signal.throwIfAborted();
        await Promise.race([ended, delay(pauseMs, undefined, { signal: watching })]);
        signal.throwIfAborted();
      }
    } finally {
      over.abort();
    }
  }

  async #look(workflowId: string, refs: readonly string[]): Promise<Stop | undefined> {
    const { status, task, subWorkflowIds } = await this.executions.blocking(workflowId, refs);
    if (!OPEN.has(status)) return { kind: "ended" };
    if (task !== null) return { kind: "blocked", workflowId, task };
    for (const child of subWorkflowIds) {
      const stop = await this.#look(child, refs).catch((error: unknown) => {
        // It is on its way.
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      });
      if (stop?.kind === "blocked") return stop;
    }
    return undefined;
  }
}
