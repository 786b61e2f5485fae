import {
  assertName,
  assertQueueName,
  InvalidArgumentError,
  resolveActivityLimits,
  resolveActivityPolicy,
  type ActivityPolicy,
  type LimitOptions,
  type RetryOptions,
  type TimeoutOptions,
} from "@heddle/protocol";
import type { Log } from "./log.js";

/** What an activity knows about the attempt it runs in. */
export interface ActivityContext {
  readonly workflowId: string;
  readonly runId: string;
  readonly activityName: string;
  /** From 1. */
  readonly attempt: number;
  /** Same for all attempts of this activity call: give it to services that deduplicate. */
  readonly idempotencyKey: string;
  /** Aborts when the activity is cancelled, timed out, or its claim was lost; settling is then of no use. */
  readonly signal: AbortSignal;
  /** Details of the last heartbeat of an earlier attempt. */
  readonly heartbeatDetails: unknown;
  /** Reports progress and restarts the heartbeat timeout. Cheap: sent at most once per worker tick. */
  heartbeat(details?: unknown): void;
  /**
   * Names this attempt to `engine.activities`, from any process: opaque, unguessable, to be kept as secret as the right
   * to settle it. Of no use once the attempt has ended.
   */
  readonly taskToken: string;
  /**
   * `return context.completeLater()`: the attempt stays open when this code has returned, and is settled from outside
   * by `engine.activities`. It occupies no worker meanwhile; its timeouts go on, the heartbeat timeout included. What
   * the code returns is then of no meaning; an error it throws fails the attempt as ever.
   */
  completeLater(): never;
  readonly log: Log;
}

export interface ActivityOptions<Input, Output> {
  readonly name: string;
  /** Runs outside the workflow, at least once; side effects should use `context.idempotencyKey`. */
  execute(input: Input, context: ActivityContext): Promise<Output> | Output;
  readonly retry?: RetryOptions;
  readonly timeouts?: TimeoutOptions;
  /** How much of it may go on in the whole namespace. Default: as much as its workers run. */
  readonly limits?: LimitOptions;
  /** Queue whose workers run it. Default `default`. */
  readonly queue?: string;
  readonly asyncComplete?: false;
}

/** An activity that is always settled from outside: its code only starts the work. */
export interface AsyncActivityOptions<Input> extends Omit<
  ActivityOptions<Input, unknown>,
  "execute" | "asyncComplete"
> {
  /** What it returns is ignored, as if it ended with `return context.completeLater()`. */
  execute(input: Input, context: ActivityContext): unknown;
  readonly asyncComplete: true;
}

export interface ActivityDefinition<Input, Output> {
  readonly kind: "activity";
  readonly name: string;
  readonly queue: string;
  readonly policy: ActivityPolicy;
  readonly retry: RetryOptions;
  readonly timeouts: TimeoutOptions;
  readonly limits: LimitOptions | undefined;
  /** Always settled from outside. */
  readonly asyncComplete: boolean;
  execute(input: Input, context: ActivityContext): Promise<Output> | Output;
}

export const DEFAULT_QUEUE = "default";

/** Throws `InvalidArgumentError` for a bad name, queue, retry, timeout or limit, or without code. */
export function activity<Input = void, Output = void>(
  options: ActivityOptions<Input, Output> | AsyncActivityOptions<Input>,
): ActivityDefinition<Input, Output> {
  assertName(options.name, "activity name");
  const queue = options.queue ?? DEFAULT_QUEUE;
  assertQueueName(queue);
  if (typeof options.execute !== "function") {
    throw new InvalidArgumentError(`activity "${options.name}" has no code; give execute(input, context)`);
  }
  return {
    kind: "activity",
    name: options.name,
    queue,
    policy: resolveActivityPolicy(
      options.retry,
      options.timeouts,
      resolveActivityLimits(options.name, options.limits),
    ),
    retry: options.retry ?? {},
    timeouts: options.timeouts ?? {},
    limits: options.limits,
    asyncComplete: options.asyncComplete === true,
    // What always completes from outside returns nothing that is looked at.
    execute: (input, context) => options.execute(input, context) as Promise<Output> | Output,
  };
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a collection of activities of any input and output
export type AnyActivity = ActivityDefinition<any, any>;
