import { activity, type ActivityContext, type ActivityDefinition, type AnyActivity } from "@heddle/workflow";
import { SECRET_PATHS, withInputSecrets, withSecrets, type WithSecretPaths } from "../expression/secrets.js";
import { isToOwnHandlers, runEventTask, type EventTask } from "./event/event-task.js";
import { runHttpTask } from "./http/http-task.js";
import { runJqTransform } from "./jq/jq-task.js";
import { runKafkaPublish } from "./kafka/kafka-task.js";
import { evaluateScript, type Script } from "./script/evaluate-script.js";
import { runInline, runLambda } from "./script/script-tasks.js";
import { failed, type SystemTaskResult, type TaskData } from "./system-task-result.js";
import type { SystemTasks } from "./system-tasks.js";

export const SYSTEM_TASK_QUEUE = "conductor.system";

/** Without effects: may run again when its worker was lost. */
const PURE = { maxAttempts: 3, nonRetryable: ["ExpressionError", "InvalidArgumentError"] };
/** Another attempt is for the task's own policy to grant, as a new task record. */
const ONCE = { maxAttempts: 1 };

/**
 * The system tasks that do I/O or run text of authors, as activities `conductor.<task type>` on the queue `conductor.system`.
 * Each takes the resolved input of its task and returns how the task ended; what it throws is a failure of the worker
 * and no result. `conductor.evaluate` returns the value of a script for SWITCH, loop and event conditions, and
 * throws `ExpressionError`.
 */
export function systemTaskActivities(tasks: SystemTasks): AnyActivity[] {
  const { sandbox, http, kafka, sinks, secrets } = tasks;
  const publishOutside = endingWithWorker("EVENT", async (event: EventTask & WithSecretPaths, signal) => {
    const result = await runEventTask(sinks, withInputSecrets(event, secrets), signal);
    // The output is the message, and is stored: there secrets stay names.
    const outputData = { ...result.outputData };
    for (const [key = ""] of event[SECRET_PATHS] ?? []) {
      if (Object.hasOwn(outputData, key)) outputData[key] = event.input[key];
    }
    return { ...result, outputData };
  });
  return [
    systemActivity("evaluate", PURE, (script: Script & { readonly input: TaskData }, { signal }) =>
      evaluateScript(sandbox, script, signal),
    ),
    task("INLINE", PURE, (input: TaskData, { signal }) =>
      runInline(sandbox, withSecrets(input, secrets), signal),
    ),
    task("LAMBDA", PURE, (input: TaskData, { signal }) =>
      runLambda(sandbox, withSecrets(input, secrets), signal),
    ),
    task("JSON_JQ_TRANSFORM", PURE, (input: TaskData, { signal }) =>
      runJqTransform(sandbox, withSecrets(input, secrets), signal),
    ),
    task(
      "HTTP",
      ONCE,
      endingWithWorker("HTTP", (input: TaskData, signal) =>
        runHttpTask(http, withSecrets(input, secrets), signal),
      ),
    ),
    task("EVENT", ONCE, (event: EventTask & WithSecretPaths, context) =>
      // Our own queue knows a message that it has, so another worker may go on; and its handlers get the names of secrets,
      // because there the message is stored as well.
      isToOwnHandlers(event.input["sink"])
        ? runEventTask(sinks, event, context.signal)
        : publishOutside(event, context),
    ),
    task(
      "KAFKA_PUBLISH",
      ONCE,
      endingWithWorker(
        "KAFKA_PUBLISH",
        (publish: { readonly taskId: string; readonly input: TaskData } & WithSecretPaths, signal) =>
          runKafkaPublish(kafka, withInputSecrets(publish, secrets), signal),
      ),
    ),
  ];
}

type Execute<Input> = (input: Input, context: Pick<ActivityContext, "signal">) => Promise<SystemTaskResult>;

/**
 * For a task that is seen outside. A worker that stops gives what it has not finished to another one, which would do it again;
 * so what was begun has failed then, and the policy of the task decides.
 */
function endingWithWorker<Input>(
  type: string,
  execute: (input: Input, signal: AbortSignal) => Promise<SystemTaskResult>,
): Execute<Input> {
  return async (input, { signal }) => {
    signal.throwIfAborted();
    const stopped = new Promise<SystemTaskResult>((resolve) => {
      const reason = `its worker stopped before ${type} had ended; what it began may have happened`;
      signal.addEventListener("abort", () => resolve(failed(reason)), { once: true });
    });
    return Promise.race([stopped, execute(input, signal)]);
  };
}

function task<Input>(
  type: string,
  retry: typeof PURE | typeof ONCE,
  execute: Execute<Input>,
): ActivityDefinition<Input, SystemTaskResult> {
  return systemActivity(type, retry, execute);
}

function systemActivity<Input, Output>(
  name: string,
  retry: typeof PURE | typeof ONCE,
  execute: (input: Input, context: ActivityContext) => Promise<Output>,
): ActivityDefinition<Input, Output> {
  return activity<Input, Output>({ name: `conductor.${name}`, queue: SYSTEM_TASK_QUEUE, retry, execute });
}
