import { InvalidArgumentError } from "@heddle/protocol";
import { RESULT_STATUSES, type ResultStatus } from "../definition/task-result.js";

export function resultStatus(word: string): ResultStatus {
  const known = RESULT_STATUSES.find((status) => status === word);
  if (known !== undefined) return known;
  throw new InvalidArgumentError(
    `${JSON.stringify(word.slice(0, 40))} is no status of a task's result; give one of ${RESULT_STATUSES.join(", ")}`,
    { details: { field: "status" } },
  );
}
