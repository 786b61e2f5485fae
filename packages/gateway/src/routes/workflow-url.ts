export const API_PREFIX = "/api/v1";

/** Path under which a workflow is described; ids may hold any separator. */
export function workflowUrl(workflowId: string): string {
  return `${API_PREFIX}/workflows/${encodeURIComponent(workflowId)}`;
}
