import type { WorkflowStatus } from "@heddle/protocol";
import type { PartitionKeys } from "./keys.js";

/** The keys that `includes/forget-run.lua` works with, behind those of its script. */
export const FORGET_RUN_KEYS = [
  ...["tombstones", "header", "history", "signalIds", "cutOff", "index"],
  ...["attributes", "byAttribute", "memos", "offloaded"],
];

/** In that order, for a run of this type and status. */
export function forgetRunKeys(
  keys: PartitionKeys,
  { workflowId, type, status }: { workflowId: string; type: string; status: WorkflowStatus },
): string[] {
  return [
    keys.tombstones,
    keys.header(workflowId),
    keys.history(workflowId),
    keys.signalIds(workflowId),
    keys.cutOff(workflowId),
    keys.index(type, status),
    keys.attributes,
    keys.byAttribute,
    keys.memos,
    keys.offloaded(workflowId),
  ];
}
