import { InvalidArgumentError } from "@heddle/protocol";
import type { TaskStatus } from "../interpreter/task-status.js";

/** What a worker, or somebody in its place, may say that a task is. */
export const RESULT_STATUSES = [
  "IN_PROGRESS",
  "FAILED",
  "FAILED_WITH_TERMINAL_ERROR",
  "COMPLETED",
  "CANCELED",
] as const satisfies readonly TaskStatus[];
export type ResultStatus = (typeof RESULT_STATUSES)[number];

export function resultStatus(word: string): ResultStatus {
  const known = RESULT_STATUSES.find((status) => status === word);
  if (known !== undefined) return known;
  throw new InvalidArgumentError(
    `${JSON.stringify(word.slice(0, 40))} is no status of a task's result; give one of ${RESULT_STATUSES.join(", ")}`,
    { details: { field: "status" } },
  );
}
