import { InvalidArgumentError } from "@heddle/protocol";
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
  const { variables, task } = parsed.data;
  if (variables !== undefined && mergedVariables(execution, variables) === undefined) {
    throw new InvalidArgumentError(
      `variables would have more than ${MAX_VARIABLES_CHARACTERS} characters, the most that an execution keeps`,
      { details: { field: "variables" } },
    );
  }
  if (task !== undefined) assertTaskUpdate(execution, task);
}

export function applyStateUpdate(execution: Execution, input: StateUpdate): StateUpdateAnswer {
  const { variables, task } = stateUpdate.parse(input);
  execution.variables = mergedVariables(execution, variables ?? {}) ?? execution.variables;
  execution.touch();
  return task === undefined ? {} : { task: applyTaskUpdate(execution, task) };
}
