/** Where a run stands. Open runs move on; a closed run never changes again. */
export const OPEN_STATUSES = ["pending", "running", "suspended"] as const;
export const CLOSED_STATUSES = [
  "completed",
  "failed",
  "cancelled",
  "terminated",
  "timed-out",
  "continued",
] as const;
export const WORKFLOW_STATUSES = [...OPEN_STATUSES, ...CLOSED_STATUSES] as const;

export type OpenStatus = (typeof OPEN_STATUSES)[number];
export type ClosedStatus = (typeof CLOSED_STATUSES)[number];
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];

export function isClosedStatus(status: WorkflowStatus): status is ClosedStatus {
  return (CLOSED_STATUSES as readonly string[]).includes(status);
}

/** Parses a stored status; a value outside the list means that the record was written by something else. */
export function parseStatus(text: string): WorkflowStatus {
  const status = WORKFLOW_STATUSES.find((known) => known === text);
  if (status === undefined) throw new TypeError(`unknown workflow status "${text}" in a stored record`);
  return status;
}
