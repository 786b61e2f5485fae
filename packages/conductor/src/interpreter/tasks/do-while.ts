import type { JsonMap } from "../../definition/json-bean.js";
import type { WorkflowTask } from "../../definition/workflow-def.js";
import { holds } from "../../system/script/evaluate-script.js";
import type { IterationScope } from "../iteration-scope.js";
import { conditionInput } from "../condition-input.js";
import { scriptFailure } from "../script-failure.js";
import type { Code, Flow } from "../task-executor.js";
import type { TaskRecord } from "../task-record.js";
import { evaluate } from "../system-calls.js";
import { isOpenStatus } from "../task-status.js";

/**
 * DO_WHILE: its tasks again and again, while its condition holds or its list has items. The cost of an iteration does not
 * depend on how many there were: its output grows in place.
 */
export function* runDoWhile(flow: Flow, task: WorkflowTask, scope: IterationScope): Code<void> {
  const { execution } = flow;
  const record = yield* flow.schedule({ task, scope });
  if (!isOpenStatus(record.status)) {
    flow.passOver(record);
    return;
  }
  execution.begin(record);
  // One that an earlier run left goes on with the iteration that it was in.
  const output: JsonMap = { ...record.output };
  const { iteration: firstIteration = 1 } = output as { iteration?: number };
  record.output = output;
  const items = itemsOf(flow, record);
  const kept = new Kept(record, flow);
  if (items?.length === 0) {
    output["iteration"] = 0;
    yield* flow.settle(record, { status: "COMPLETED" });
    return;
  }
  for (let iteration = firstIteration; ; iteration++) {
    output["iteration"] = iteration;
    record.iteration = iteration;
    if (items !== undefined) {
      output["loopIndex"] = iteration - 1;
      output["loopItem"] = items[iteration - 1];
    }
    const inner = scope.next(iteration);
    yield* flow.runList(task.loopOver, inner);
    const outputs = outputsOf(inner);
    output[String(iteration)] = outputs;
    record.updateMs = execution.touch();
    kept.add(inner);
    const more = yield* hasMore(flow, record, { items, iteration, outputs });
    if (typeof more === "string") {
      yield* flow.settle(record, { status: "FAILED_WITH_TERMINAL_ERROR", reason: more });
      return;
    }
    if (!more) break;
  }
  yield* flow.settle(record, { status: "COMPLETED" });
}

/** Whether there is another iteration, or why nobody can say. */
function* hasMore(
  flow: Flow,
  record: TaskRecord,
  {
    items,
    iteration,
    outputs,
  }: { items: readonly unknown[] | undefined; iteration: number; outputs: JsonMap },
): Code<boolean | string> {
  const { loopCondition = "", taskReferenceName } = record.task;
  if (items !== undefined && iteration >= items.length) return false;
  if (loopCondition.trim() === "") return items !== undefined;
  // The inputs anew: they may depend on what the iteration did.
  const inputs = flow.execution.resolve(record.task.inputParameters) as JsonMap;
  const input = conditionInput(loopCondition, {
    values: { ...inputs, ...outputs },
    own: { name: taskReferenceName, output: record.output },
  });
  try {
    return holds(yield* evaluate(flow, { expression: loopCondition, input }));
  } catch (error) {
    return `Unable to evaluate condition ${loopCondition}, exception ${scriptFailure(error)}`;
  }
}

/** A list, when the loop goes over one; a single value is a list of one. */
function itemsOf({ execution }: Flow, { task, input }: TaskRecord): readonly unknown[] | undefined {
  const given =
    task.items === undefined || task.items === "" ? input["_items"] : execution.resolve(task.items);
  if (given === undefined) return undefined;
  if (given === null) return [];
  return Array.isArray(given) ? (given as unknown[]) : [given];
}

function outputsOf({ records }: IterationScope): JsonMap {
  return Object.fromEntries(Array.from(records, ([name, { output }]) => [name, output]));
}

/** `keepLastN`: forgets the iterations before those. */
class Kept {
  readonly #most: number;
  readonly #iterations: IterationScope[] = [];

  constructor(
    private readonly loop: TaskRecord,
    private readonly flow: Flow,
  ) {
    const most = Number(loop.input["keepLastN"] ?? Number.NaN);
    this.#most = Number.isInteger(most) && most >= 1 ? most : Number.POSITIVE_INFINITY;
  }

  add(iteration: IterationScope): void {
    if (this.#most === Number.POSITIVE_INFINITY) return;
    this.#iterations.push(iteration);
    if (this.#iterations.length <= this.#most) return;
    const dropped = this.#iterations.shift();
    if (dropped === undefined) return;
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- iterations are numbered
    delete this.loop.output[String(dropped.iteration)];
    for (const record of dropped.attempts) this.flow.execution.records.remove(record);
  }
}
