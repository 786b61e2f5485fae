import type { JsonMap } from "../../definition/json-bean.js";
import type { WorkflowTask } from "../../definition/workflow-def.js";
import type { IterationScope } from "../iteration-scope.js";
import type { Code, Flow } from "../task-executor.js";
import type { TaskOutcome, TaskRecord } from "../task-record.js";
import { isOpenStatus, isSuccessful } from "../task-status.js";

/**
 * JOIN: until every task that it names has ended. It counts them down, so that the end of a branch costs the same however
 * many there are.
 */
export function* runJoin(flow: Flow, record: TaskRecord, refs: readonly string[]): Code<TaskOutcome> {
  const { ctx, execution } = flow;
  execution.begin(record);
  const ended = new Map<string, TaskRecord>();
  const all = ctx.deferred();
  const distinct = new Set(refs);
  for (const ref of distinct) {
    execution.records.whenEnded(ref, (task) => {
      ended.set(ref, task);
      if (ended.size === distinct.size) all.resolve();
    });
  }
  if (distinct.size > 0) yield* all.wait();
  return outcomeOf([...distinct].flatMap((ref) => ended.get(ref) ?? []));
}

/** The names of the tasks it waits for, in the iteration it is in. */
export function joinedRefs({ joinOn }: WorkflowTask, { suffix }: IterationScope): string[] {
  return joinOn.map((ref) => ref + suffix);
}

function outcomeOf(tasks: readonly TaskRecord[]): TaskOutcome {
  const output: JsonMap = Object.fromEntries(
    tasks
      .filter((each) => Object.keys(each.output).length > 0)
      // By the names that the definition uses: loops number them.
      .map((each) => [each.task.taskReferenceName, each.output]),
  );
  const failed = tasks.filter(
    ({ status, task }) => !isOpenStatus(status) && !isSuccessful(status) && !task.optional,
  );
  const reason = reasonsOf(failed);
  if (failed.length > 0) {
    const isCanceled = failed.every(({ status }) => status === "CANCELED");
    return { status: isCanceled ? "CANCELED" : "FAILED", output, reason };
  }
  const withErrors = tasks.filter(({ status }) => status === "COMPLETED_WITH_ERRORS");
  if (withErrors.length === 0) return { status: "COMPLETED", output };
  return { status: "COMPLETED_WITH_ERRORS", output, reason: reasonsOf(withErrors) };
}

function reasonsOf(tasks: readonly TaskRecord[]): string {
  return tasks.map(({ reason = "" }) => reason).join(" ");
}

/** EXCLUSIVE_JOIN: takes the first of its tasks that was scheduled and not skipped, else of its defaults. */
export function* runExclusiveJoin(flow: Flow, record: TaskRecord, scope: IterationScope): Code<TaskOutcome> {
  const { execution } = flow;
  execution.begin(record);
  const { joinOn, defaultExclusiveJoinTask } = record.task;
  const found = [...joinOn, ...defaultExclusiveJoinTask]
    .map((ref) => execution.records.byRef(ref + scope.suffix))
    .find((task) => task !== undefined && task.status !== "SKIPPED");
  if (found === undefined) return { status: "COMPLETED" };
  yield* runJoin(flow, record, [found.ref]);
  const { status, output, reason } = execution.records.byRef(found.ref) ?? found;
  if (!isOpenStatus(status) && !isSuccessful(status)) return { status: "FAILED", output, reason };
  return { status: "COMPLETED", output };
}
