import type { RunOptions } from "@heddle/workflow";
import type { TaskDef } from "../definition/task-def.js";

/** The limits of a task definition, counted over all executions and domains by its name. */
export function taskLimits(taskDef: TaskDef): Pick<RunOptions, "limits"> {
  const { name: key, concurrentExecLimit = 0, rateLimitPerFrequency, rateLimitFrequencyInSeconds } = taskDef;
  if (concurrentExecLimit === 0 && rateLimitPerFrequency === 0) return {};
  return {
    limits: {
      key,
      ...(concurrentExecLimit > 0 ? { concurrency: concurrentExecLimit } : {}),
      ...(rateLimitPerFrequency > 0
        ? { rate: { limit: rateLimitPerFrequency, period: rateLimitFrequencyInSeconds * 1000 } }
        : {}),
    },
  };
}
