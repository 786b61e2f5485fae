import { eachTask } from "./each-task.js";
import { validationError, type FieldPath, type ValidationError } from "./validation-error.js";
import type { WorkflowDef, WorkflowTask } from "./workflow-def.js";

/** A script that is written into a definition. */
export interface DefinitionScript {
  readonly expression: string;
  /** `lambda` is the body of a function, with `return`. */
  readonly evaluator: "javascript" | "lambda";
}

/**
 * The scripts of a definition that are no JavaScript, as registration refuses them: of SWITCH, DECISION, DO_WHILE, INLINE
 * and LAMBDA tasks at any depth. Scripts that expressions put together are known when they run.
 *
 * @param syntaxProblem why a script cannot be parsed; undefined when it can
 */
export async function checkScripts(
  definition: WorkflowDef,
  syntaxProblem: (script: DefinitionScript) => Promise<string | undefined>,
): Promise<ValidationError[]> {
  const errors: ValidationError[] = [];
  // One after the other: a definition may hold any number, and whoever parses them has few threads.
  for (const { at, script, task } of scriptsOf(definition)) {
    const problem = await syntaxProblem(script);
    if (problem === undefined) continue;
    const message = `Expression is not well formatted: ${problem}, taskType: ${task.type} taskName: ${task.name}`;
    errors.push(validationError({ at, message, value: script.expression }));
  }
  return errors;
}

interface PlacedScript {
  readonly at: FieldPath;
  readonly script: DefinitionScript;
  readonly task: WorkflowTask;
}

function* scriptsOf(definition: WorkflowDef, above: FieldPath = []): Generator<PlacedScript> {
  for (const { task, at } of eachTask(definition.tasks)) {
    const found = scriptOf(task);
    if (found !== undefined) yield { at: [...above, ...at, ...found.at], script: found.script, task };
    const inner = task.subWorkflowParam?.workflowDefinition;
    if (typeof inner === "object") {
      yield* scriptsOf(inner, [...above, ...at, "subWorkflowParam", "workflowDefinition"]);
    }
  }
}

function scriptOf(task: WorkflowTask): Omit<PlacedScript, "task"> | undefined {
  const isScript = (evaluator: unknown) => evaluator === "javascript" || evaluator === "graaljs";
  const place = (at: FieldPath, expression: unknown, evaluator: DefinitionScript["evaluator"]) =>
    typeof expression === "string" && expression.trim() !== ""
      ? { at, script: { expression, evaluator } }
      : undefined;
  switch (task.type) {
    case "SWITCH":
      return isScript(task.evaluatorType) ? place(["expression"], task.expression, "javascript") : undefined;
    case "DECISION":
      return place(["caseExpression"], task.caseExpression, "javascript");
    case "DO_WHILE":
      return place(["loopCondition"], task.loopCondition, "javascript");
    case "INLINE": {
      const { evaluatorType = "javascript", expression } = task.inputParameters;
      return isScript(evaluatorType) && !hasExpression(expression)
        ? place(["inputParameters", "expression"], expression, "javascript")
        : undefined;
    }
    case "LAMBDA": {
      const { scriptExpression } = task.inputParameters;
      return hasExpression(scriptExpression)
        ? undefined
        : place(["inputParameters", "scriptExpression"], scriptExpression, "lambda");
    }
    default:
      return undefined;
  }
}

function hasExpression(value: unknown): boolean {
  return typeof value === "string" && value.includes("${");
}
