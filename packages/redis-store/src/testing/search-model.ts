import type { AttributeCondition, GroupBy, RangeEnd, RunFilter } from "@heddle/core";
import type { AttributeChanges, Attributes, AttributeValue, WorkflowStatus } from "@heddle/protocol";

/** A run as a search sees it. */
export interface ModelRun {
  readonly workflowId: string;
  readonly type: string;
  readonly status: WorkflowStatus;
  readonly version: string | undefined;
  readonly createdAtMs: number;
  readonly attributes: Attributes;
}

export function changed(attributes: Attributes, changes: AttributeChanges): Attributes {
  const kept = Object.entries({ ...attributes, ...changes }).filter(([, value]) => value != null);
  return Object.fromEntries(kept) as Attributes;
}

/** Newest first, ties by id, as bytes. */
export function matching(runs: Iterable<ModelRun>, filter: RunFilter): ModelRun[] {
  return [...runs]
    .filter((run) => matches(run, filter))
    .sort(
      (left, right) =>
        right.createdAtMs - left.createdAtMs ||
        Buffer.compare(Buffer.from(right.workflowId), Buffer.from(left.workflowId)),
    );
}

/** Count by group, each as text, sorted. */
export function grouped(runs: readonly ModelRun[], groupBy: GroupBy): string[] {
  const counts = new Map<string, number>();
  const groups = runs.flatMap((run) => groupsOf(run, groupBy));
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts].map(([group, count]) => `${group} ${count}`).sort();
}

/** One text for one value: a date and its number differ. */
export function groupText(group: AttributeValue | null): string {
  return group instanceof Date ? `date ${group.getTime()}` : JSON.stringify(group);
}

function groupsOf(run: ModelRun, groupBy: GroupBy): string[] {
  if (groupBy === "version") return [groupText(run.version ?? null)];
  if (typeof groupBy === "string") return [groupText(run[groupBy])];
  const value = run.attributes[groupBy.attribute];
  if (value === undefined) return [];
  return Array.isArray(value) ? [...new Set(value as string[])].map(groupText) : [groupText(value)];
}

function matches(run: ModelRun, filter: RunFilter): boolean {
  const { status, type, createdAt, idPrefix, version, attributes = [] } = filter;
  return (
    (status?.includes(run.status) ?? true) &&
    (type ?? run.type) === run.type &&
    run.createdAtMs >= (createdAt?.fromMs ?? 0) &&
    run.createdAtMs < (createdAt?.toMs ?? Number.POSITIVE_INFINITY) &&
    run.workflowId.startsWith(idPrefix ?? "") &&
    (version ?? run.version) === run.version &&
    attributes.every((condition) => meets(run.attributes[condition.name], condition))
  );
}

function meets(value: AttributeValue | undefined, condition: AttributeCondition): boolean {
  if (value === undefined) return false;
  switch (condition.test) {
    case "any-of":
      return condition.values.some((wanted) => groupText(wanted) === groupText(value));
    case "prefix":
      return typeof value === "string" && value.startsWith(condition.prefix);
    case "contains":
      return Array.isArray(value) && value.includes(condition.element);
    case "range":
      return isBehind(value, condition.from) && isBefore(value, condition.to);
  }
}

function isBehind(value: AttributeValue, end: RangeEnd | undefined): boolean {
  if (end === undefined) return true;
  if (!isOfOneKind(value, end)) return false;
  return end.inclusive ? Number(value) >= Number(end.value) : Number(value) > Number(end.value);
}

function isBefore(value: AttributeValue, end: RangeEnd | undefined): boolean {
  if (end === undefined) return true;
  if (!isOfOneKind(value, end)) return false;
  return end.inclusive ? Number(value) <= Number(end.value) : Number(value) < Number(end.value);
}

function isOfOneKind(value: AttributeValue, end: RangeEnd): boolean {
  return value instanceof Date
    ? end.value instanceof Date
    : typeof value === "number" && typeof end.value === "number";
}
