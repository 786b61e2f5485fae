import type { AttributeFilter, RunFilterOptions } from "@heddle/client";
import { WORKFLOW_STATUSES, type WorkflowStatus } from "@heddle/protocol";
import { type Command, InvalidArgumentError as BadOption } from "commander";
import { attributesValue } from "../json-value.js";
import { repeated } from "../options.js";

export interface FilterFlags {
  readonly status?: readonly WorkflowStatus[];
  readonly type?: string;
  readonly idPrefix?: string;
  readonly tag?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeFilter>>;
  readonly createdFrom?: Date;
  readonly createdTo?: Date;
  readonly codeVersion?: string;
}

/** The options by which a command finds workflows. */
export function filterFlags(command: Command): Command {
  return command
    .option("--status <status>", `repeat it or separate by commas: ${WORKFLOW_STATUSES.join(", ")}`, repeated)
    .option("--type <type>", "workflow type")
    .option("--id-prefix <text>", "what the workflow id begins with")
    .option("--tag <tag>", "a tag that it has; repeat it for several, which it has all", repeated)
    .option(
      "--attributes <json>",
      `conditions: '{"total":{"gte":100},"due":{"lt":{"date":"…"}}}'`,
      attributesValue,
    )
    .option("--created-from <time>", "accepted then or later, for example 2026-11-22T08:00:00Z", time)
    .option("--created-to <time>", "accepted before", time)
    .option("--code-version <version>", "of the code that first ran it");
}

export function filterOf(flags: FilterFlags): RunFilterOptions {
  const { status, type, idPrefix, tag, attributes, createdFrom, createdTo, codeVersion } = flags;
  const createdAt = {
    ...(createdFrom === undefined ? {} : { from: createdFrom }),
    ...(createdTo === undefined ? {} : { to: createdTo }),
  };
  return {
    ...{ status, type, idPrefix, attributes, tags: tag, version: codeVersion },
    createdAt: Object.keys(createdAt).length === 0 ? undefined : createdAt,
  };
}

function time(text: string): Date {
  const date = new Date(text);
  if (/^\d{4}-/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new BadOption("It must be a time in ISO 8601, for example 2026-11-22T08:00:00Z.");
}
