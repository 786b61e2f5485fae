import { HeddleError, WorkflowNotFoundError } from "@heddle/protocol";

export function noSuchExecution(workflowId: string): WorkflowNotFoundError {
  return new WorkflowNotFoundError(
    `No such workflow found by id: ${workflowId}; check the id, or whether its retention has passed`,
    { details: { workflowId } },
  );
}

export function noSuchTask(taskId: string): HeddleError {
  return new HeddleError(
    "TASK_NOT_FOUND",
    `No such task found by id: ${taskId}; look at the tasks of the workflow`,
    {
      details: { taskId },
    },
  );
}
