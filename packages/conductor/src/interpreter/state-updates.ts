import { InvalidArgumentError } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import type { Execution } from "./execution.js";
import { stateUpdate, type StateUpdate, type StateUpdateAnswer } from "./execution-messages.js";
import { applyTaskUpdate, assertTaskUpdate } from "./task-updates.js";
import { MAX_VARIABLES_CHARACTERS, mergedVariables } from "./variables.js";

/** Refuses a change of variables and a task when one of the two cannot be made. Changes nothing. */
export function assertStateUpdate(execution: Execution, input: StateUpdate): void {
  const parsed = stateUpdate.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => [...path, message].join(": "));
    throw new InvalidArgumentError(`the change of the state is refused: ${problems.join("; ")}`);
  }
  const { task } = parsed.data;
  if (mergedVariables(execution, changesOf(execution, parsed.data)) === undefined) {
    throw new InvalidArgumentError(
      `variables would have more than ${MAX_VARIABLES_CHARACTERS} characters, the most that an execution keeps`,
      { details: { field: "variables" } },
    );
  }
  if (task !== undefined) assertTaskUpdate(execution, task);
}

export function applyStateUpdate(execution: Execution, input: StateUpdate): StateUpdateAnswer {
  const { task, ...change } = stateUpdate.parse(input);
  execution.variables = mergedVariables(execution, changesOf(execution, change)) ?? execution.variables;
  execution.touch();
  return task === undefined ? {} : { task: applyTaskUpdate(execution, task) };
}

function changesOf(execution: Execution, { variables = {}, appendsToLists = false }: StateUpdate): JsonMap {
  if (!appendsToLists) return variables;
  const appended = Object.entries(variables).map(([name, value]) => {
    const present = execution.variables[name];
    return [
      name,
      Array.isArray(value) && Array.isArray(present)
        ? [...(present as unknown[]), ...(value as unknown[])]
        : value,
    ];
  });
  return Object.fromEntries(appended) as JsonMap;
}
