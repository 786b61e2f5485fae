import type { WorkflowTask } from "../../definition/workflow-def.js";
import type { IterationScope } from "../iteration-scope.js";
import type { Code, Flow } from "../task-executor.js";
import { isOpenStatus } from "../task-status.js";
import { carriedBranches, dynamicBranches } from "./dynamic-branches.js";

/**
 * FORK_JOIN and FORK_JOIN_DYNAMIC: the branches and everything behind the fork run side by side, and the JOIN holds back
 * what is behind it. So the fork has ended when all of that has, also branches that the JOIN does not wait for.
 */
export function* runFork(
  flow: Flow,
  fork: WorkflowTask,
  behind: readonly WorkflowTask[],
  scope: IterationScope,
): Code<void> {
  const { execution, ctx } = flow;
  const record = yield* flow.schedule({ task: fork, scope, taskType: "FORK" });
  const isCarried = !isOpenStatus(record.status);
  if (isCarried) flow.passOver(record);
  else execution.begin(record);
  const [join, ...rest] = behind;
  if (join?.type !== "JOIN") {
    const reason = "Fork task definition is not followed by a join task.  Check the blueprint";
    yield* flow.settle(record, { status: "FAILED_WITH_TERMINAL_ERROR", reason });
    return;
  }
  if (fork.type === "FORK_JOIN") {
    if (!isCarried) yield* flow.settle(record, { status: "COMPLETED" });
    const branches = fork.forkTasks.map((list) => flow.runList(list, scope));
    yield* ctx.all([...branches, flow.runList(behind, scope)]);
    return;
  }
  const found = isCarried ? carriedBranches(flow, record) : yield* dynamicBranches(flow, record, scope);
  if ("problem" in found) {
    yield* flow.settle(record, { status: "FAILED_WITH_TERMINAL_ERROR", reason: found.problem });
    return;
  }
  const { branches } = found;
  const refs = branches.map(({ task }) => task.taskReferenceName);
  if (!isCarried) {
    record.input = { ...record.input, forkedTasks: refs, forkedTaskDefs: branches.map(({ task }) => task) };
    yield* flow.settle(record, { status: "COMPLETED" });
  }
  yield* ctx.all([
    ...branches.map(({ task, given }) => flow.runList([task], scope, given)),
    flow.runList([{ ...join, joinOn: refs }, ...rest], scope),
  ]);
}
