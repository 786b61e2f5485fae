import type { RunFilterOptions } from "@heddle/client";
import { WORKFLOW_STATUSES, type WorkflowStatus } from "@heddle/protocol";
import type { Command } from "commander";
import { repeated, time } from "../options.js";
import { type MatchFlags, matchFlags, searchOptionsOf } from "../search-flags.js";

export interface FilterFlags extends MatchFlags {
  readonly status?: readonly WorkflowStatus[];
  readonly type?: string;
  readonly idPrefix?: string;
  readonly createdFrom?: Date;
  readonly createdTo?: Date;
  readonly workflowVersion?: string;
}

/** The options by which a command finds workflows. */
export function filterFlags(command: Command): Command {
  return matchFlags(
    command
      .option(
        "--status <status>",
        `repeat it or separate by commas: ${WORKFLOW_STATUSES.join(", ")}`,
        repeated,
      )
      .option("--type <type>", "workflow type")
      .option("--id-prefix <text>", "what its id begins with")
      .option("--created-from <time>", "accepted then or later, for example 2026-11-22T08:00:00Z", time)
      .option("--created-to <time>", "accepted before", time)
      .option("--workflow-version <version>", "of the code that first ran it"),
  );
}

export function filterOf(flags: FilterFlags): RunFilterOptions {
  const { status, type, idPrefix, createdFrom: from, createdTo: to, workflowVersion: version } = flags;
  const { attribute, tag } = flags;
  const createdAt = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return {
    ...{ status, type, idPrefix, version },
    ...searchOptionsOf<MatchFlags>({ ...(attribute && { attribute }), ...(tag && { tag }) }),
    createdAt: from === undefined && to === undefined ? undefined : createdAt,
  };
}
