import type { TaskDef } from "./task-def.js";
import type { Problem } from "./validation-error.js";

/** What the fields of a task definition must be to each other. */
export function* checkTaskDef(definition: TaskDef): Generator<Problem> {
  const { name, responseTimeoutSeconds, timeoutSeconds, totalTimeoutSeconds } = definition;
  if (timeoutSeconds > 0 && responseTimeoutSeconds > timeoutSeconds) {
    yield {
      at: ["responseTimeoutSeconds"],
      message: `TaskDef: ${name} responseTimeoutSeconds: ${responseTimeoutSeconds} must be less than timeoutSeconds: ${timeoutSeconds}`,
      value: responseTimeoutSeconds,
    };
  }
  if (totalTimeoutSeconds > 0 && timeoutSeconds > totalTimeoutSeconds) {
    yield {
      at: ["timeoutSeconds"],
      message: `TaskDef: ${name} timeoutSeconds: ${timeoutSeconds} must be less than or equal to totalTimeoutSeconds: ${totalTimeoutSeconds}`,
      value: timeoutSeconds,
    };
  }
}
