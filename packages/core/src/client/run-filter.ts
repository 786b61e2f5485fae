import {
  assertShortName,
  assertWorkflowType,
  InvalidArgumentError,
  TAGS_ATTRIBUTE,
  WORKFLOW_STATUSES,
  type WorkflowStatus,
} from "@heddle/protocol";
import type { AttributeCondition, RunFilter } from "../store/run-filter.js";
import { type AttributeFilter, attributeConditions } from "./attribute-filter.js";

/** Which runs: all that is given must hold. */
export interface RunFilterOptions {
  readonly status?: WorkflowStatus | readonly WorkflowStatus[] | undefined;
  readonly type?: string | undefined;
  /** When the current run was accepted: from inclusive, to exclusive. */
  readonly createdAt?: { readonly from?: Date | number; readonly to?: Date | number } | undefined;
  /** What the workflow id begins with. */
  readonly idPrefix?: string | undefined;
  /** Version of the code that first ran it. */
  readonly version?: string | undefined;
  readonly attributes?: Readonly<Record<string, AttributeFilter>> | undefined;
  /** Runs that have all of these tags. */
  readonly tags?: readonly string[] | undefined;
}

export const FILTER_OPTIONS = [
  ...["status", "type", "createdAt", "idPrefix", "version", "attributes", "tags"],
] as const;

/** Conditions of one filter; each costs a look at every candidate. */
const MAX_CONDITIONS = 20;

/** Checked and normalised. Throws `InvalidArgumentError` naming the option. */
export function runFilterOf(options: RunFilterOptions): RunFilter {
  const { status, type, createdAt, idPrefix, version } = options;
  const statuses = status === undefined ? undefined : ([status].flat() as readonly WorkflowStatus[]);
  const unknown = statuses?.find((name) => !WORKFLOW_STATUSES.includes(name));
  if (unknown !== undefined) {
    throw refused(
      "status",
      `${JSON.stringify(unknown)} does not exist; it is one of ${WORKFLOW_STATUSES.join(", ")}`,
    );
  }
  if (type !== undefined) assertWorkflowType(type);
  assertText("idPrefix", idPrefix);
  assertText("version", version);
  const attributes = conditionsOf(options);
  return {
    ...(statuses === undefined ? {} : { status: [...new Set(statuses)] }),
    ...(type === undefined ? {} : { type }),
    ...(createdAt === undefined ? {} : { createdAt: createdBetween(createdAt) }),
    ...(idPrefix === undefined ? {} : { idPrefix }),
    ...(version === undefined ? {} : { version }),
    ...(attributes.length === 0 ? {} : { attributes }),
  };
}

function conditionsOf({ attributes = {}, tags = [] }: RunFilterOptions): readonly AttributeCondition[] {
  if (typeof attributes !== "object" || attributes === null || Array.isArray(attributes)) {
    throw refused("attributes", "must be an object of names and conditions");
  }
  if (!Array.isArray(tags)) throw refused("tags", "must be a list of strings");
  const conditions = Object.entries(attributes).flatMap(([name, filter]) => {
    assertShortName(name, "attribute name");
    return attributeConditions(name, filter);
  });
  const all =
    tags.length === 0
      ? conditions
      : [...conditions, ...attributeConditions(TAGS_ATTRIBUTE, { contains: tags })];
  if (all.length > MAX_CONDITIONS) {
    throw refused("attributes", `has ${all.length} conditions; the limit is ${MAX_CONDITIONS}`);
  }
  return all;
}

function createdBetween(createdAt: { from?: Date | number; to?: Date | number }) {
  const unknown = Object.keys(createdAt).find((name) => name !== "from" && name !== "to");
  if (unknown !== undefined) throw refused("createdAt", `has no "${unknown}"; it takes from and to`);
  const { from, to } = createdAt;
  return {
    ...(from === undefined ? {} : { fromMs: epochMs("createdAt.from", from) }),
    ...(to === undefined ? {} : { toMs: epochMs("createdAt.to", to) }),
  };
}

function epochMs(field: string, date: unknown): number {
  const ms = date instanceof Date ? date.getTime() : date;
  if (typeof ms !== "number" || !Number.isFinite(ms)) {
    throw refused(field, `is ${String(date)}; give a Date or epoch milliseconds`);
  }
  // Times of runs are whole milliseconds, so the bound of a fraction is the next one.
  return Math.ceil(ms);
}

function assertText(field: string, value: unknown): void {
  if (value !== undefined && (typeof value !== "string" || value === "" || !value.isWellFormed())) {
    throw refused(field, "must be a non-empty, well-formed string");
  }
}

function refused(field: string, problem: string): InvalidArgumentError {
  return new InvalidArgumentError(`${field} ${problem}`, { details: { field } });
}
