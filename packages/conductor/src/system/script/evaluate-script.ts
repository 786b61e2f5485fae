import { ExpressionError, InvalidArgumentError } from "@heddle/protocol";
import type { Sandbox } from "../sandbox/sandbox.js";
import type { TaskData } from "../system-task-result.js";

/** `graaljs` is another name of `javascript`; `lambda` is the body of a function, as LAMBDA tasks have it. */
export const EVALUATORS = ["javascript", "graaljs", "value-param", "lambda"] as const;
export type Evaluator = (typeof EVALUATORS)[number];

export interface Script {
  readonly expression: string;
  /** Default `javascript`. */
  readonly evaluator?: string | undefined;
}

/**
 * The value of an expression over the input, which a script sees as `$`; the last statement is the result. Throws
 * `ExpressionError`, or `InvalidArgumentError` for an evaluator that does not exist.
 */
export async function evaluateScript(
  sandbox: Sandbox,
  script: Script & { readonly input: TaskData },
  signal?: AbortSignal,
): Promise<unknown> {
  const { expression, input } = script;
  if (assertEvaluator(script.evaluator) === "value-param") {
    return Object.hasOwn(input, expression) ? input[expression] : null;
  }
  return sandbox.evaluate(codeOf(script), input, signal);
}

/** Why an expression cannot be read, found without running it; `undefined` when it can. */
export async function syntaxProblem(sandbox: Sandbox, script: Script): Promise<string | undefined> {
  if (script.expression.trim() === "") return "the expression is empty";
  if (assertEvaluator(script.evaluator) === "value-param") return undefined;
  try {
    await sandbox.compile(codeOf(script));
    return undefined;
  } catch (error) {
    // Time runs out on a loaded machine only, which says nothing of the expression.
    if (error instanceof ExpressionError && error.kind !== "timeout") return error.message;
    throw error;
  }
}

/** What loop and event conditions make of a value: `true` and numbers above zero hold, nothing else does. */
export function holds(value: unknown): boolean {
  return typeof value === "number" ? value > 0 : value === true;
}

function codeOf({ expression, evaluator }: Script): string {
  // The line break ends a comment at the end of the body.
  return evaluator === "lambda" ? `(function () { ${expression}\n})()` : expression;
}

function assertEvaluator(evaluator: string | undefined): Evaluator {
  const known = EVALUATORS.find((name) => name === (evaluator ?? "javascript"));
  if (known !== undefined) return known;
  throw new InvalidArgumentError(
    `there is no evaluator "${evaluator ?? ""}"; use one of ${EVALUATORS.join(", ")}`,
    { details: { field: "evaluatorType" } },
  );
}
