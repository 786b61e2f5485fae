// Tasks that do I/O or run foreign code: each is one activity `conductor.<type>` of the queue `conductor.system`, whose
// result says how the task ended.
import type { JsonMap } from "../../definition/json-bean.js";
import { isToOwnHandlers } from "../../system/event/event-task.js";
import type { SystemTaskResult } from "../../system/system-task-result.js";
import { callSystem, withSecretPaths } from "../system-calls.js";
import { taskLimits } from "../task-limits.js";
import type { Flow, TaskExecutor } from "../task-executor.js";
import { WITHOUT_CALLBACK, type TaskRecord } from "../task-record.js";

type CallOf = (record: TaskRecord, flow: Flow) => JsonMap;

/** The task's input, as JSON_JQ_TRANSFORM takes it. */
const inputOf: CallOf = ({ input }) => input;

/** Those that Conductor does in a queue of their own, so that limits of their definition hold. */
const LIMITED: ReadonlySet<string> = new Set(["HTTP", "KAFKA_PUBLISH"]);
const EFFECTS: ReadonlySet<string> = new Set(["HTTP", "KAFKA_PUBLISH", "EVENT"]);

export function systemTask(type: string, callOf: CallOf = inputOf): TaskExecutor {
  return function* (flow, record) {
    const { ctx, execution } = flow;
    execution.begin(record);
    const call = withSecretPaths(callOf(record, flow), record);
    const hasEffect = EFFECTS.has(type);
    // Our own queue knows a message that it has, so that a second try adds none.
    const once = hasEffect && !isToOwnHandlers(record.task.sink);
    const result = (yield* callSystem(flow, `conductor.${type}`, call, {
      once,
      ...(LIMITED.has(type) ? taskLimits(record.taskDef) : {}),
    })) as SystemTaskResult;
    const { status, outputData: output } = result;
    if (status !== "COMPLETED") return { status, output, reason: result.reasonForIncompletion };
    record.output = output;
    // To scripts and jq programs it is data.
    if (hasEffect && isAsyncComplete(record)) {
      // Its work is done; somebody outside says that it is complete.
      record.callbackAfterSeconds = WITHOUT_CALLBACK;
      record.updateMs = execution.touch();
      yield* ctx.deferred().wait();
    }
    return { status };
  };
}

export const runScript = (type: "INLINE" | "LAMBDA") =>
  systemTask(type, ({ task, input }) => ({
    ...(type === "INLINE"
      ? { expression: task.expression, evaluatorType: task.evaluatorType }
      : { scriptExpression: task.scriptExpression }),
    ...input,
  }));

/** HTTP. Whether it is `asyncComplete` is part of its input, in place of one that the definition gives there. */
export const runHttp = systemTask("HTTP", (record) => {
  record.input = { ...record.input, asyncComplete: record.task.asyncComplete };
  return record.input;
});

export const runKafkaPublish = systemTask("KAFKA_PUBLISH", ({ taskId, input }) => ({ taskId, input }));

/** EVENT. The message carries what tells where it comes from, and is the task's output. */
export const runEvent = systemTask("EVENT", (record, { execution }) => {
  const { sink = null, asyncComplete } = record.task;
  record.input = { ...record.input, sink: execution.resolve(sink), asyncComplete };
  return {
    taskId: record.taskId,
    taskReferenceName: record.ref,
    workflow: {
      workflowId: execution.workflowId,
      name: execution.definition.name,
      version: execution.definition.version,
      correlationId: execution.correlationId,
      taskToDomain: execution.start.taskToDomain,
    },
    input: record.input,
  };
});

function isAsyncComplete({ task, input }: TaskRecord): boolean {
  return Object.hasOwn(input, "asyncComplete") ? input["asyncComplete"] === true : task.asyncComplete;
}
