// Conductor's WorkflowSummary: what its search answers.
import type { DecodedRunEnds } from "@heddle/core";
import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import { workflowInput } from "../expression/task-input.js";
import type { ExecutionInput } from "../interpreter/execution-input.js";
import { withoutAbsent } from "../interpreter/task-json.js";
import { failureDetailsOf } from "../interpreter/workflow-ended-error.js";
import { factsOf } from "./execution-facts.js";

/** Of an input or an output; `GET /api/workflow/{id}` has all of it. */
const MAX_CHARACTERS = 32_768;

export function executionSummary({ run, first, last }: DecodedRunEnds): JsonMap {
  const facts = factsOf(run);
  const start =
    first?.kind === "started" ? (first["input"] as Partial<ExecutionInput> | undefined) : undefined;
  const input = start?.definition && workflowInput(start.definition, start.input ?? {});
  const end = endOf(last);
  return withoutAbsent({
    workflowType: facts.workflowType ?? start?.definition?.name,
    version: facts.version ?? start?.definition?.version,
    workflowId: facts.workflowId,
    correlationId: start?.correlationId ?? facts.correlationId,
    startTime: isoTime(facts.startTime),
    updateTime: isoTime(facts.updateTime),
    endTime: facts.endTime === undefined ? undefined : isoTime(facts.endTime),
    status: facts.status,
    ...asText("input", input),
    ...asText("output", end.output ?? {}),
    reasonForIncompletion: end.reason,
    executionTime: facts.endTime === undefined ? 0 : facts.endTime - facts.startTime,
    event: start?.event,
    failedReferenceTaskNames: (end.failedReferenceTaskNames ?? []).join(","),
    failedTaskNames: end.failedTaskNames ?? [],
    priority: start?.priority ?? 0,
    createdBy: start?.createdBy,
    taskToDomain: start?.taskToDomain ?? {},
    parentWorkflowId: facts.parentWorkflowId,
    classifier: facts.classifier,
  });
}

/** As Conductor writes the times of its summaries. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** A value as Conductor's summaries have it, and how large it is. */
export function asText(name: "input" | "output", value: JsonMap | undefined): JsonMap {
  if (value === undefined) return { [name]: "", [`${name}Size`]: 0 };
  const text = JSON.stringify(value);
  return { [name]: text.slice(0, MAX_CHARACTERS), [`${name}Size`]: text.length };
}

interface End {
  readonly output?: JsonMap | undefined;
  readonly reason?: string | undefined;
  readonly failedReferenceTaskNames?: readonly string[] | undefined;
  readonly failedTaskNames?: readonly string[] | undefined;
}

/** Told by the record that closed the run; nothing of one that is open. */
function endOf(last: DecodedRunEnds["last"]): End {
  switch (last?.kind) {
    case "completed":
      return { output: isJsonMap(last["result"]) ? last["result"] : {} };
    case "failed": {
      const failure = last["failure"] as { readonly message: string };
      return failureDetailsOf(failure) ?? { reason: failure.message };
    }
    case "terminated":
      return { reason: typeof last["reason"] === "string" ? last["reason"] : undefined };
    case "timed-out":
      return { reason: `the ${String(last["timeout"])} timeout has passed` };
    default:
      return {};
  }
}
