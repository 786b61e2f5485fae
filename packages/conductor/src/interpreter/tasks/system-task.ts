// Tasks that do I/O or run foreign code: each is one activity of the queue `conductor.system`.
import { ActivityFailedError } from "@heddle/protocol";
import type { JsonMap } from "../../definition/json-bean.js";
import { printed } from "../../expression/printed.js";
import {
  SYSTEM_ACTIVITIES,
  SYSTEM_QUEUE,
  SYSTEM_RETRY,
  type EventCall,
  type ScriptCall,
  type SystemTaskCall,
  type SystemTaskResult,
} from "../system-calls.js";
import type { Code, Flow, TaskExecutor } from "../task-executor.js";
import { causeOf } from "../task-failure.js";
import { WITHOUT_CALLBACK, type TaskOutcome, type TaskRecord } from "../task-record.js";

/** HTTP, KAFKA_PUBLISH, JSON_JQ_TRANSFORM: the activity says how the task ended. */
export function systemTask(activity: string): TaskExecutor {
  return (flow, record) => runSystemTask(flow, record, activity, plainCall(record, flow));
}

/** `output` is that of a call that succeeded, in place of the activity's. */
function* runSystemTask(
  flow: Flow,
  record: TaskRecord,
  activity: string,
  call: SystemTaskCall | EventCall,
  output?: JsonMap,
): Code<TaskOutcome> {
  const { ctx, execution } = flow;
  execution.begin(record);
  const result = (yield* callSystem(flow, activity, call)) as SystemTaskResult;
  if (result.status !== "COMPLETED") {
    return { status: result.status, output: result.outputData, reason: result.reasonForIncompletion };
  }
  record.output = output ?? result.outputData;
  if (isAsyncComplete(record)) {
    // Its work is done; somebody outside says that it is complete.
    record.callbackAfterSeconds = WITHOUT_CALLBACK;
    record.updateMs = execution.touch();
    yield* ctx.deferred().wait();
  }
  return { status: "COMPLETED" };
}

export function* callSystem(flow: Flow, activity: string, call: unknown): Code<unknown> {
  return yield* flow.ctx.run<string>(activity, call, { queue: SYSTEM_QUEUE, retry: SYSTEM_RETRY });
}

/** Runs a script; its value. Throws `ActivityFailedError`, whose cause is an `ExpressionError` when the script is to blame. */
export function* evaluate(flow: Flow, call: ScriptCall): Code<unknown> {
  return yield* callSystem(flow, SYSTEM_ACTIVITIES.script, call);
}

/** INLINE and LAMBDA. */
export function scriptTask(scriptOf: (record: TaskRecord) => Omit<ScriptCall, "input">): TaskExecutor {
  return function* (flow, record): Code<TaskOutcome> {
    flow.execution.begin(record);
    const script = scriptOf(record);
    const { input } = record;
    try {
      if (script.evaluator === "value-param")
        return { status: "COMPLETED", output: { result: input[script.expression] ?? null } };
      return { status: "COMPLETED", output: { result: yield* evaluate(flow, { ...script, input }) } };
    } catch (error) {
      if (!(error instanceof ActivityFailedError)) throw error;
      const { name, message } = causeOf(error);
      const status = name === "ExpressionError" ? "FAILED_WITH_TERMINAL_ERROR" : "FAILED";
      return { status, reason: message, output: { error: message } };
    }
  };
}

export const runInline = scriptTask(({ task, input }) => ({
  expression: textOf(input["expression"]) ?? task.expression ?? "",
  evaluator: textOf(input["evaluatorType"]) ?? task.evaluatorType ?? "javascript",
}));

export const runLambda = scriptTask(({ task, input }) => ({
  expression: textOf(input["scriptExpression"]) ?? task.scriptExpression ?? "",
  evaluator: "lambda",
}));

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** EVENT. Its output is the message that it publishes. */
export const runEvent: TaskExecutor = function* (flow, record) {
  const { execution } = flow;
  const sink = sinkOf(printed(execution.resolve(record.task.sink ?? "")), record, flow);
  if (sink === undefined) {
    const reason = `the sink ${JSON.stringify(record.task.sink)} names no queue: write conductor, conductor:<name> or <provider>:<destination>`;
    return { status: "FAILED", reason };
  }
  const payload: JsonMap = {
    ...record.input,
    sink,
    asyncComplete: isAsyncComplete(record),
    workflowInstanceId: execution.workflowId,
    workflowType: execution.definition.name,
    workflowVersion: execution.definition.version,
    correlationId: execution.correlationId ?? null,
    taskToDomain: execution.start.taskToDomain ?? {},
    event_produced: sink,
  };
  const call = { sink, messageId: record.taskId, payload, secretPaths: record.secretPaths };
  return yield* runSystemTask(flow, record, SYSTEM_ACTIVITIES.event, call, payload);
};

function sinkOf(sink: string, record: TaskRecord, { execution }: Flow): string | undefined {
  const { name } = execution.definition;
  if (sink === "conductor") return `conductor:${name}:${record.ref}`;
  if (sink.startsWith("conductor:")) return `conductor:${name}:${sink.slice("conductor:".length)}`;
  if (sink.startsWith("conductor")) return undefined;
  return /^[a-z_]+:./.test(sink) ? sink : undefined;
}

function plainCall({ taskId, input, secretPaths, task }: TaskRecord, { execution }: Flow): SystemTaskCall {
  const asyncComplete = task.asyncComplete ? { asyncComplete: true } : {};
  return { taskId, workflowId: execution.workflowId, input: { ...input, ...asyncComplete }, secretPaths };
}

function isAsyncComplete({ task, input }: TaskRecord): boolean {
  return Object.hasOwn(input, "asyncComplete") ? input["asyncComplete"] === true : task.asyncComplete;
}
