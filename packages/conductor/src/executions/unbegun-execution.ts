import type { WorkflowSummary } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import { withoutAbsent } from "../interpreter/task-json.js";
import { factsOf } from "../search/execution-facts.js";

/** Conductor's Workflow JSON of an execution that no code has begun, so that nothing is known but how it was started. */
export function unbegunExecution(run: WorkflowSummary): JsonMap {
  const facts = factsOf(run);
  return withoutAbsent({
    workflowId: facts.workflowId,
    workflowName: facts.workflowType,
    workflowVersion: facts.version,
    status: facts.status,
    createTime: facts.startTime,
    startTime: facts.startTime,
    updateTime: facts.updateTime,
    endTime: facts.endTime ?? 0,
    ...{ input: {}, output: {}, variables: {}, tasks: [], taskToDomain: {}, history: [] },
    correlationId: facts.correlationId,
    parentWorkflowId: facts.parentWorkflowId,
    ...{ failedReferenceTaskNames: [], failedTaskNames: [] },
  });
}
