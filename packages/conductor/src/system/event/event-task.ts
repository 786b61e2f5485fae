import { HeddleError } from "@heddle/protocol";
import {
  completed,
  failed,
  failedForGood,
  type SystemTaskResult,
  type TaskData,
} from "../system-task-result.js";
import type { MessageSink } from "./message-sink.js";

/** An EVENT task with the workflow it belongs to. */
export interface EventTask {
  readonly taskId: string;
  readonly taskReferenceName: string;
  readonly workflow: {
    readonly workflowId: string;
    readonly name: string;
    readonly version: number;
    readonly correlationId?: string | undefined;
    readonly taskToDomain?: Readonly<Record<string, string>> | undefined;
  };
  /** Resolved, with `sink`. */
  readonly input: TaskData;
}

/** By provider: what stands before the first colon of a sink. */
export type MessageSinks = Readonly<Record<string, MessageSink>>;

/**
 * EVENT: publishes the input with the workflow's particulars and `event_produced`, the sink in full, which is the task's output
 * as well. The id of the message is the task's.
 */
export async function runEventTask(
  sinks: MessageSinks,
  task: EventTask,
  signal?: AbortSignal,
): Promise<SystemTaskResult> {
  const { taskId, workflow, input } = task;
  const sink = fullSink(task);
  if (sink === undefined) {
    return failed(
      `Invalid / Unsupported sink specified: ${textOf(input["sink"])}; use conductor, conductor:<event> or <provider>:<destination>`,
    );
  }
  const separator = sink.indexOf(":");
  const provider = sink.slice(0, separator);
  const target = Object.hasOwn(sinks, provider) ? sinks[provider] : undefined;
  if (target === undefined) {
    const known = Object.keys(sinks).join(", ") || "none";
    return failed(
      `Invalid / Unsupported sink specified: no provider "${provider}" is set up (there are: ${known})`,
    );
  }
  const payload = {
    ...input,
    workflowInstanceId: workflow.workflowId,
    workflowType: workflow.name,
    workflowVersion: workflow.version,
    correlationId: workflow.correlationId ?? null,
    taskToDomain: workflow.taskToDomain ?? {},
    event_produced: sink,
  };
  try {
    const message = { id: taskId, destination: sink.slice(separator + 1), value: JSON.stringify(payload) };
    await target.publish(message, signal);
    return completed(payload);
  } catch (error) {
    signal?.throwIfAborted();
    const reason = `Error occurred while publishing the event: ${error instanceof Error ? error.message : String(error)}`;
    const isFinal = error instanceof HeddleError && !error.retryable;
    return isFinal ? failedForGood(reason, payload) : failed(reason, payload);
  }
}

/** `conductor` is a queue of this task, `conductor:x` one of this workflow; other providers have names of their own. */
function fullSink({ input, workflow, taskReferenceName }: EventTask): string | undefined {
  const { sink } = input;
  if (typeof sink !== "string") return undefined;
  if (sink === "conductor") return `conductor:${workflow.name}:${taskReferenceName}`;
  const [, provider = "", destination = ""] = /^([^:]+):(.+)$/s.exec(sink) ?? [];
  if (destination === "") return undefined;
  if (provider === "conductor") return `conductor:${workflow.name}:${destination}`;
  return provider.startsWith("conductor") ? undefined : sink;
}

/**
 * Messages to the event handlers of this namespace: their id is that of the task, so that sending one again changes nothing,
 * and they are stored.
 */
export function isToOwnHandlers(sink: unknown): boolean {
  return typeof sink === "string" && /^conductor(:|$)/.test(sink);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 200) : "none";
}
