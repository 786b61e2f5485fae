import { ExpressionError, HeddleError } from "@heddle/protocol";
import type { Sandbox } from "../sandbox/sandbox.js";
import {
  completed,
  failed,
  failedForGood,
  type SystemTaskResult,
  type TaskData,
} from "../system-task-result.js";
import { evaluateScript, type Script } from "./evaluate-script.js";

/** INLINE: `$` is the whole task input, the output `{ result }`. */
export async function runInline(
  sandbox: Sandbox,
  input: TaskData,
  signal?: AbortSignal,
): Promise<SystemTaskResult> {
  const { expression, evaluatorType } = input;
  if (typeof expression !== "string" || expression === "") {
    return failedWith("the task input has no `expression`");
  }
  const evaluator = typeof evaluatorType === "string" ? evaluatorType : undefined;
  return runScriptTask(sandbox, { expression, evaluator, input }, signal);
}

/** LAMBDA, the forerunner of INLINE: `scriptExpression` is the body of a function. */
export async function runLambda(
  sandbox: Sandbox,
  input: TaskData,
  signal?: AbortSignal,
): Promise<SystemTaskResult> {
  const { scriptExpression } = input;
  if (typeof scriptExpression !== "string" || scriptExpression.trim() === "") {
    return failedWith("the task input has no `scriptExpression`");
  }
  return runScriptTask(sandbox, { expression: scriptExpression, evaluator: "lambda", input }, signal);
}

async function runScriptTask(
  sandbox: Sandbox,
  script: Script & { readonly input: TaskData },
  signal: AbortSignal | undefined,
): Promise<SystemTaskResult> {
  try {
    return completed({ result: await evaluateScript(sandbox, script, signal) });
  } catch (error) {
    // The same script meets the same error again.
    if (error instanceof ExpressionError) return failedForGood(error.message, { error: error.message });
    if (error instanceof HeddleError && !error.retryable) return failedWith(error.message);
    throw error;
  }
}

function failedWith(reason: string): SystemTaskResult {
  return failed(reason, { error: reason });
}
