import { ExpressionError } from "@heddle/protocol";
import type { Sandbox } from "../sandbox/sandbox.js";
import { completed, failed, type SystemTaskResult, type TaskData } from "../system-task-result.js";

/**
 * JSON_JQ_TRANSFORM: the whole task input is the document. Output `resultList` = all values that `queryExpression` emits,
 * `result` = the first of them, `null` if there is none.
 */
export async function runJqTransform(
  sandbox: Sandbox,
  input: TaskData,
  signal?: AbortSignal,
): Promise<SystemTaskResult> {
  const { queryExpression } = input;
  if (typeof queryExpression !== "string" || queryExpression === "") {
    return failed("Missing 'queryExpression' in input parameters");
  }
  try {
    const resultList = await sandbox.jq(queryExpression, input, signal);
    return completed({ result: resultList[0] ?? null, resultList });
  } catch (error) {
    if (error instanceof ExpressionError) return failed(error.message, { error: error.message });
    throw error;
  }
}
