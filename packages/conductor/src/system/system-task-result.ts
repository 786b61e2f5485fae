/** How a system task ended, as its task record shows it. */
export type SystemTaskResult =
  | { readonly status: "COMPLETED"; readonly outputData: TaskData }
  | {
      /** With a terminal error a retry would meet the same one. */
      readonly status: "FAILED" | "FAILED_WITH_TERMINAL_ERROR";
      readonly outputData: TaskData;
      readonly reasonForIncompletion: string;
    };

/** Input or output of a task: one JSON object. */
export type TaskData = Readonly<Record<string, unknown>>;

export function completed(outputData: TaskData): SystemTaskResult {
  return { status: "COMPLETED", outputData };
}

export function failed(reasonForIncompletion: string, outputData: TaskData = {}): SystemTaskResult {
  return { status: "FAILED", outputData, reasonForIncompletion };
}

export function failedForGood(reasonForIncompletion: string, outputData: TaskData = {}): SystemTaskResult {
  return { status: "FAILED_WITH_TERMINAL_ERROR", outputData, reasonForIncompletion };
}
