import { tasksByName, type ExecutionSnapshot } from "./carried-execution.js";
import type { ExecutionFlow } from "./execution-flow.js";

/** An execution as its code left it. */
export function snapshotOf({ execution, skipped }: ExecutionFlow): ExecutionSnapshot {
  const defined = tasksByName(execution.definition);
  const { carried: _before, ...start } = execution.start;
  return {
    start,
    createMs: execution.createMs,
    variables: execution.variables,
    skipped: Object.fromEntries(skipped),
    signals: execution.carried.signals,
    tasks: Array.from(execution.records.all(), (record) => {
      const { task, taskDef: _taskDef, delayMs: _delayMs, settlement: _settlement, ...kept } = record;
      const name = task.taskReferenceName;
      return { ...kept, name, ...(defined.get(name) === task ? {} : { task }) };
    }),
  };
}
