import { WORKFLOW_STATUSES, type WorkflowStatus } from "@heddle/protocol";
import type { Command } from "commander";
import { repeated } from "../options.js";

export interface FilterFlags {
  readonly status?: readonly WorkflowStatus[];
  readonly type?: string;
}

export function filterFlags(command: Command): Command {
  return command
    .option("--status <status>", `repeat it or separate by commas: ${WORKFLOW_STATUSES.join(", ")}`, repeated)
    .option("--type <type>", "workflow type");
}
