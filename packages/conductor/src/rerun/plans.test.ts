import { describe, expect, test } from "vitest";
import type { JsonMap } from "../definition/json-bean.js";
import type { CarriedExecution } from "../interpreter/execution-input.js";
import { replayedSnapshot } from "../interpreter/replayed-execution.js";
import { DrivenExecution, task, type DrivenOptions } from "../interpreter/testing/driven-execution.js";
import { retryPlan } from "./retry-plan.js";
import { rerunPlan } from "./rerun-plan.js";

const WAYS: readonly (readonly [string, Partial<DrivenOptions>])[] = [
  ["kept in memory", {}],
  ["killed before each event", { killedBeforeEachEvent: true }],
];

/** Fails until it is told otherwise; counts its calls. */
function breakable() {
  const state = { isBroken: true, calls: 0 };
  const work = (input: JsonMap): unknown => {
    state.calls += 1;
    if (state.isBroken) throw new Error("broken");
    return { done: state.calls, got: input["inputData"] };
  };
  return { state, work };
}
const once = (ref: string, rest: JsonMap = {}) => task(ref, "SIMPLE", { retryCount: 0, ...rest });

describe.each(WAYS)("a run that follows another, %s,", (_way, way) => {
  const follow = (
    definition: JsonMap,
    carried: CarriedExecution | undefined,
    options: DrivenOptions = {},
  ) => {
    if (carried === undefined) throw new Error("there is nothing to go on with");
    return DrivenExecution.start(definition, { ...way, runId: "run-2", ...options, carried });
  };
  const retry = async (definition: JsonMap, run: DrivenExecution, options: DrivenOptions = {}) =>
    follow(definition, retryPlan(await replayedSnapshot(run.history)), options);
  const rerun = async (
    definition: JsonMap,
    run: DrivenExecution,
    ref: string,
    { taskInput, ...options }: DrivenOptions & { taskInput?: JsonMap } = {},
  ) => {
    const snapshot = await replayedSnapshot(run.history);
    const target = snapshot.tasks.findLast((each) => each.ref === ref);
    if (target === undefined) throw new Error(`no task ${ref}`);
    return follow(definition, rerunPlan(snapshot, target, taskInput), options);
  };
  const expectSame = async (run: DrivenExecution) => expect(await run.replayed()).toEqual(run.json);

  test("a retry keeps what was done and makes a new record of what failed", async () => {
    const { state, work } = breakable();
    let priced = 0;
    const workers = { price: () => ({ cents: ++priced }), pay: work };
    const definition = {
      tasks: [
        once("price"),
        task("keep", "SET_VARIABLE", { inputParameters: { paid: "no" } }),
        once("pay", { inputParameters: { cents: "${price.output.cents}" } }),
        once("price", { taskReferenceName: "again" }),
      ],
    };
    const failed = await DrivenExecution.start(definition, { ...way, workers });
    expect(failed.json["status"]).toBe("FAILED");
    state.isBroken = false;
    const retried = await retry(definition, failed, { workers });
    expect(retried.states).toEqual([
      ...["price COMPLETED", "keep COMPLETED", "pay FAILED", "pay COMPLETED", "again COMPLETED"],
    ]);
    expect(priced).toBe(2);
    const [, , before, after] = retried.tasks;
    expect(before).toMatchObject({ retried: true, seq: 3, taskId: failed.task("pay")["taskId"] });
    expect(after).toMatchObject({
      ...{ retryCount: 1, retriedTaskId: before?.["taskId"], seq: 4, inputData: { cents: 1 } },
    });
    expect(after?.["taskId"]).not.toBe(before?.["taskId"]);
    expect(retried.json).toMatchObject({
      ...{ status: "COMPLETED", variables: { paid: "no" }, failedReferenceTaskNames: [] },
      createTime: failed.json["createTime"],
    });
    expect(retried.json["lastRetriedTime"]).not.toBe(0);
    await expectSame(retried);
  });

  test("a retry goes on in all branches of a fork and joins them", async () => {
    const { state, work } = breakable();
    const workers = { good: () => ({ good: true }), bad: work };
    const definition = {
      tasks: [
        task("fork", "FORK_JOIN", {
          forkTasks: [[once("good"), task("ask", "HUMAN")], [once("bad")], [task("wait", "WAIT")]],
        }),
        task("join", "JOIN", { joinOn: ["ask", "bad", "wait"] }),
        once("good", { taskReferenceName: "last" }),
      ],
    };
    const failed = await DrivenExecution.start(definition, { ...way, workers });
    expect(failed.states.filter((each) => each.endsWith("CANCELED"))).toHaveLength(3);
    state.isBroken = false;
    const retried = await retry(definition, failed, { workers });
    expect(retried.task("join")).toMatchObject({
      ...{ status: "IN_PROGRESS", taskId: failed.task("join")["taskId"], retryCount: 0 },
    });
    expect(retried.task("ask")).toMatchObject({ status: "IN_PROGRESS", retryCount: 1 });
    for (const taskReferenceName of ["ask", "wait"]) {
      await retried.updateTask({ taskReferenceName, status: "COMPLETED", outputData: { yes: 1 } });
    }
    expect(retried.json["status"]).toBe("COMPLETED");
    expect(retried.task("join")["outputData"]).toMatchObject({ ask: { yes: 1 }, bad: { done: 2 } });
    await expectSame(retried);
  });

  test("a retry goes on with the iteration of the loop, the branch of the switch and the tasks of the dynamic fork", async () => {
    const { state, work } = breakable();
    state.isBroken = false;
    const workers = {
      step: (input: JsonMap) => {
        state.isBroken = (input["inputData"] as JsonMap)["n"] === 3 && state.calls < 4;
        return work(input);
      },
    };
    const definition = {
      tasks: [
        task("fan", "FORK_JOIN_DYNAMIC", {
          inputParameters: { forkTaskName: "step", forkTaskInputs: [{ n: 10 }] },
        }),
        task("gather", "JOIN"),
        task("switch", "SWITCH", {
          ...{ evaluatorType: "value-param", expression: "way", inputParameters: { way: "loop" } },
          decisionCases: {
            loop: [
              task("loop", "DO_WHILE", {
                loopCondition: "$.loop['iteration'] < 4",
                loopOver: [once("step", { inputParameters: { n: "${loop.output.iteration}" } })],
              }),
            ],
          },
        }),
      ],
    };
    const failed = await DrivenExecution.start(definition, { ...way, workers });
    expect(failed.states.slice(-1)).toEqual(["step__3 FAILED"]);
    const retried = await retry(definition, failed, { workers });
    expect(retried.json["status"]).toBe("COMPLETED");
    expect(retried.states.slice(-3)).toEqual(["step__3 FAILED", "step__3 COMPLETED", "step__4 COMPLETED"]);
    const { outputData } = retried.task("loop");
    expect(Object.keys(outputData as JsonMap)).toEqual(["1", "2", "3", "4", "iteration"]);
    expect(retried.states.filter((each) => each.startsWith("fan"))).toHaveLength(1);
    await expectSame(retried);
  });

  test("a task that has been retried to its end is not retried by itself after a retry from outside", async () => {
    const { work } = breakable();
    const definition = {
      tasks: [task("bad", "SIMPLE", { retryCount: 1, taskDefinition: { retryDelaySeconds: 0 } })],
    };
    const failed = await DrivenExecution.start(definition, { ...way, workers: { bad: work } });
    expect(failed.states).toEqual(["bad FAILED", "bad FAILED"]);
    const retried = await retry(definition, failed, { workers: { bad: work } });
    expect(retried.states).toEqual(["bad FAILED", "bad FAILED", "bad FAILED"]);
    expect(retried.json["status"]).toBe("FAILED");
    // And once more, of the run that followed.
    const again = await follow(definition, retryPlan(await replayedSnapshot(retried.history)), {
      runId: "run-3",
      workers: { bad: () => ({ fine: true }) },
    });
    expect(again.task("bad")).toMatchObject({ retryCount: 3, status: "COMPLETED" });
    expect(new Set(again.tasks.map(({ taskId }) => taskId)).size).toBe(4);
  });

  test("there is nothing to retry when every task was successful", async () => {
    const definition = {
      tasks: [task("end", "TERMINATE", { inputParameters: { terminationStatus: "FAILED" } })],
    };
    const failed = await DrivenExecution.start(definition, way);
    expect(failed.json["status"]).toBe("FAILED");
    expect(retryPlan(await replayedSnapshot(failed.history))).toBeUndefined();
  });

  test("a rerun makes the task again as the same record, and drops what came behind it", async () => {
    const seen: unknown[] = [];
    const workers = Object.fromEntries(
      ["a", "b", "c"].map((name) => [
        name,
        ({ inputData }: JsonMap) => {
          seen.push([name, inputData]);
          return { name };
        },
      ]),
    );
    const definition = {
      tasks: [once("a"), once("b", { inputParameters: { of: "${a.output.name}" } }), once("c")],
    };
    const done = await DrivenExecution.start(definition, { ...way, workers });
    const same = await rerun(definition, done, "b", { workers });
    expect(same.states).toEqual(["a COMPLETED", "b COMPLETED", "c COMPLETED"]);
    expect(same.task("b")).toMatchObject({
      taskId: done.task("b")["taskId"],
      seq: 2,
      inputData: { of: "a" },
    });
    expect(same.task("c")["taskId"]).not.toBe(done.task("c")["taskId"]);
    const other = await rerun(definition, done, "b", { workers, taskInput: { of: "me" } });
    expect(other.task("b")["inputData"]).toEqual({ of: "me" });
    expect(seen).toHaveLength(3 + 2 + 2);
    await expectSame(other);
  });

  test("a rerun within a loop drops the iterations behind it", async () => {
    const definition = {
      tasks: [
        task("loop", "DO_WHILE", {
          loopCondition: "$.loop['iteration'] < 3",
          loopOver: [once("first"), once("second")],
        }),
      ],
    };
    let calls = 0;
    const workers = { first: () => ({ n: ++calls }), second: () => ({ n: ++calls }) };
    const done = await DrivenExecution.start(definition, { ...way, workers });
    const run = await rerun(definition, done, "first__2", { workers });
    expect(run.states).toEqual([
      ...["loop COMPLETED", "first__1 COMPLETED", "second__1 COMPLETED", "first__2 COMPLETED"],
      ...["second__2 COMPLETED", "first__3 COMPLETED", "second__3 COMPLETED"],
    ]);
    expect(run.task("loop")["outputData"]).toEqual({
      "1": { first: { n: 1 }, second: { n: 2 } },
      "2": { first: { n: 7 }, second: { n: 8 } },
      "3": { first: { n: 9 }, second: { n: 10 } },
      iteration: 3,
    });
    await expectSame(run);
  });

  test("a rerun within a fork makes its JOIN wait again", async () => {
    const definition = {
      tasks: [
        task("fork", "FORK_JOIN", { forkTasks: [[once("a"), once("b")], [once("c")]] }),
        task("join", "JOIN", { joinOn: ["b", "c"] }),
        once("d"),
      ],
    };
    let calls = 0;
    const work = () => ({ n: ++calls });
    const workers = { a: work, b: work, c: work, d: work };
    const done = await DrivenExecution.start(definition, { ...way, workers });
    const open = await rerun(definition, done, "b");
    expect(open.states).toEqual([
      ...["fork COMPLETED", "a COMPLETED", "c COMPLETED", "join IN_PROGRESS", "b SCHEDULED"],
    ]);
    const run = await rerun(definition, done, "b", { workers });
    expect(run.json["status"]).toBe("COMPLETED");
    expect(run.task("join")["outputData"]).toMatchObject({ b: { n: 5 } });
    expect(run.task("d")["outputData"]).toEqual({ n: 6 });
  });
});
