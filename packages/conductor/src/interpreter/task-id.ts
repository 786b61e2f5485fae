/** Ids that can stand in a path as they are; a task of any other workflow has an id of its own that tells nothing. */
const CARRIED = /^[A-Za-z0-9_-]{1,90}$/;
const TASK_ID = /^([A-Za-z0-9_-]{1,90})\.\d{1,6}\.[0-9a-f]{8}$/;

/**
 * `<workflow id>.<place>.<eight hex digits>`: a task is found by its id alone, and nothing is stored for it. The digits
 * are random, so that a task which was cut off by a repair and one that took its place are told apart. No UUID, because
 * 128 bits do not hold a workflow id and more.
 *
 * @param uuid drawn for this task, the same on replay
 */
export function taskIdOf(workflowId: string, seq: number, uuid: string): string {
  return CARRIED.test(workflowId) ? `${workflowId}.${seq}.${uuid.slice(0, 8)}` : uuid;
}

/** The workflow that a task is part of; undefined for an id that does not tell. */
export function workflowIdOfTask(taskId: string): string | undefined {
  return TASK_ID.exec(taskId)?.[1];
}
