// What Conductor documents of each type of task, and of the marks that tasks may have, one by one.
import { describe, expect, test } from "vitest";
import type { JsonMap } from "../definition/json-bean.js";
import { pauseExecution, resumeExecution } from "./execution-messages.js";
import { DrivenExecution, task } from "./testing/driven-execution.js";

const start = (tasks: JsonMap[], options?: Parameters<typeof DrivenExecution.start>[1], rest: JsonMap = {}) =>
  DrivenExecution.start({ tasks, ...rest }, options);
const fails = () => {
  throw new Error("no");
};
const failsForGood = () => {
  throw Object.assign(new Error("never"), { name: "NonRetryableError" });
};

describe("tasks of workers", () => {
  test("without a definition a SIMPLE task is tried three times more, a minute apart", async () => {
    const run = await start([task("a")], { workers: { a: fails } });
    for (let nth = 1; nth <= 3; nth++) {
      expect(run.task("a")).toMatchObject({ status: "SCHEDULED", retryCount: nth });
      await run.advance(60_000);
    }
    expect(run.states).toEqual(["a FAILED", "a FAILED", "a FAILED", "a FAILED"]);
    expect(run.json["status"]).toBe("FAILED");
  });

  test("a type that is not built in is a queue of that name, and without a definition tried once", async () => {
    const run = await start([task("a", "RESIZE_IMAGE")], { workers: { RESIZE_IMAGE: fails } });
    const [scheduled] = run.commands.filter(({ kind }) => kind === "activity-scheduled");
    expect(scheduled).toMatchObject({ name: "RESIZE_IMAGE", queue: "RESIZE_IMAGE" });
    expect(run.states).toEqual(["a FAILED"]);
  });

  test("a task that somebody cancels terminates the workflow; an optional one lets it go on", async () => {
    const cancelled = async (flags: JsonMap) => {
      const run = await start([task("a", "HUMAN", flags), task("b", "NOOP")]);
      await run.updateTask({ taskReferenceName: "a", status: "CANCELED" });
      return run;
    };
    expect((await cancelled({})).json["status"]).toBe("TERMINATED");
    const optional = await cancelled({ optional: true });
    expect(optional.states).toEqual(["a COMPLETED_WITH_ERRORS", "b COMPLETED"]);
    expect(optional.json["status"]).toBe("COMPLETED");
    const permissive = await cancelled({ permissive: true });
    expect(permissive.states).toEqual(["a CANCELED", "b COMPLETED"]);
    expect(permissive.json["status"]).not.toBe("COMPLETED");
  });
});

describe("SWITCH and DO_WHILE", () => {
  test.each([
    [true, "true"],
    [7, "7"],
    [null, "null"],
  ])("a SWITCH on %j takes the case %s", async (value, selected) => {
    const run = await start([
      task("switch", "SWITCH", {
        ...{ evaluatorType: "value-param", expression: "of", inputParameters: { of: value } },
        decisionCases: { [selected]: [task("taken", "NOOP")] },
      }),
    ]);
    expect(run.states).toEqual(["switch COMPLETED", "taken COMPLETED"]);
    expect(run.task("switch")).toMatchObject({
      inputData: { case: selected, hasChildren: "true" },
      outputData: { evaluationResult: [selected], selectedCase: selected },
    });
  });

  test("a condition that throws fails the loop for good, and one that is empty ends it", async () => {
    const loop = (rest: JsonMap) =>
      start([task("loop", "DO_WHILE", { loopOver: [task("a", "NOOP")], ...rest })]);
    const thrown = await loop({ loopCondition: "$.no.such.thing" });
    expect(thrown.states).toEqual(["loop FAILED_WITH_TERMINAL_ERROR", "a__1 COMPLETED"]);
    expect(thrown.json["status"]).toBe("FAILED");
    const once = await loop({ loopCondition: "" });
    expect(once.states).toEqual(["loop COMPLETED", "a__1 COMPLETED"]);
    expect(once.task("loop")["outputData"]).toMatchObject({ iteration: 1 });
    const zero = await loop({ loopCondition: "0" });
    expect(zero.task("loop")["outputData"]).toMatchObject({ iteration: 1 });
  });

  test("a loop over items ends when its condition does; one value is a list of one", async () => {
    const over = (items: unknown, loopCondition = "") =>
      start([
        task("loop", "DO_WHILE", {
          ...{ loopCondition, inputParameters: { _items: items }, loopOver: [task("a", "NOOP")] },
        }),
      ]);
    const stopped = await over([1, 2, 3, 4], "$.loop.iteration < 2");
    expect(stopped.task("loop")["outputData"]).toMatchObject({ iteration: 2, loopIndex: 1, loopItem: 2 });
    const single = await over("one");
    expect(single.task("loop")["outputData"]).toMatchObject({ iteration: 1, loopItem: "one" });
  });

  test("a condition sees the inputs, and what the tasks of the iteration gave by their bare names", async () => {
    const run = await start(
      [
        task("loop", "DO_WHILE", {
          ...{ inputParameters: { goal: 6 }, loopCondition: "$.count.sum < $.goal" },
          loopOver: [task("count", "SIMPLE", { inputParameters: { n: "${loop.output.iteration}" } })],
        }),
      ],
      { workers: { count: ({ inputData }) => ({ sum: Number((inputData as JsonMap)["n"]) * 2 }) } },
    );
    expect(run.task("loop")["outputData"]).toMatchObject({ iteration: 3, 3: { count: { sum: 6 } } });
  });
});

describe("forks and joins", () => {
  const fork = (branches: JsonMap[][], joinOn: string[]) => [
    task("fork", "FORK_JOIN", { forkTasks: branches }),
    task("join", "JOIN", { joinOn }),
  ];

  test("a JOIN of an optional task that failed is COMPLETED_WITH_ERRORS, and leaves out empty outputs", async () => {
    const run = await start(fork([[task("a", "SIMPLE", { optional: true })], [task("b")]], ["a", "b"]), {
      workers: { a: failsForGood, b: () => ({ n: 1 }) },
    });
    expect(run.task("join")).toMatchObject({ status: "COMPLETED_WITH_ERRORS", outputData: { b: { n: 1 } } });
    expect(run.json["status"]).toBe("COMPLETED");
  });

  test("a JOIN of a permissive task that failed waits for the others, and fails then", async () => {
    const run = await start(
      fork([[task("a", "SIMPLE", { permissive: true })], [task("b", "HUMAN")]], ["a", "b"]),
      { workers: { a: failsForGood } },
    );
    expect(run.task("join")["status"]).toBe("IN_PROGRESS");
    await run.updateTask({ taskReferenceName: "b", status: "COMPLETED" });
    expect(run.task("join")).toMatchObject({ status: "FAILED", reasonForIncompletion: "never" });
    expect(run.json["status"]).toBe("FAILED");
  });

  test("in a loop a JOIN waits for the tasks of its iteration", async () => {
    const run = await start([
      task("loop", "DO_WHILE", {
        loopCondition: "$.loop.iteration < 2",
        loopOver: fork([[task("a", "HUMAN")], [task("b", "NOOP")]], ["a", "b"]),
      }),
    ]);
    for (const iteration of [1, 2]) {
      expect(run.task(`join__${iteration}`)["status"]).toBe("IN_PROGRESS");
      await run.updateTask({ taskReferenceName: "a", status: "COMPLETED", outputData: { iteration } });
      expect(run.task(`join__${iteration}`)).toMatchObject({
        inputData: { joinOn: ["a", "b"] },
        outputData: { a: { iteration } },
      });
    }
    expect(run.json["status"]).toBe("COMPLETED");
  });

  const over = (ref: string, inputParameters: JsonMap, rest: JsonMap = {}) => [
    task(ref, "FORK_JOIN_DYNAMIC", { inputParameters, ...rest }),
    task(`${ref}_join`, "JOIN"),
  ];

  test("tasks of a second dynamic fork are named after it, and are optional when it is", async () => {
    const run = await start(
      [
        ...over("one", { forkTaskName: "a", forkTaskInputs: [1] }),
        ...over("two", { forkTaskName: "a", forkTaskInputs: [{}] }, { optional: true }),
        ...over("three", { forkTaskType: "NOOP", forkTaskInputs: [1] }),
      ],
      { workers: { a: ({ inputData }) => ("input" in (inputData as JsonMap) ? {} : failsForGood()) } },
    );
    const states = run.states.filter((state) => state.startsWith("_"));
    expect(states).toEqual(["_a_0 COMPLETED", "_two_a_0 COMPLETED_WITH_ERRORS", "_three_NOOP_0 COMPLETED"]);
    expect(run.task("two_join")["status"]).toBe("COMPLETED_WITH_ERRORS");
  });

  test("a dynamic fork of sub-workflows starts one for each input", async () => {
    const run = await start(
      over("fork", { forkTaskWorkflow: "child", forkTaskWorkflowVersion: "3", forkTaskInputs: [{}, {}] }),
      { workers: { "conductor.findDefinition": () => null } },
    );
    const calls = run.commands.filter(({ kind }) => kind === "activity-scheduled");
    expect(calls).toMatchObject([{ name: "conductor.findTaskDefinitions" }, {}, {}]);
    expect(run.task("_fork_0")).toMatchObject({
      ...{ taskType: "SUB_WORKFLOW", status: "FAILED" },
      reasonForIncompletion: "No such workflow definition found by name: child, version: 3",
    });
  });

  test("the older form of a dynamic fork, and inputs that are no map", async () => {
    const dynamicTasks = [{ taskName: "a", referenceName: "first", input: { n: 1 }, type: "SIMPLE" }];
    const older = await start(
      over("fork", { list: { dynamicTasks } }, { dynamicForkJoinTasksParam: "list" }),
      { workers: { a: ({ inputData }) => inputData } },
    );
    expect(older.task("fork_join")["outputData"]).toEqual({ first: { n: 1 } });
    const params = { dynamicForkTasksParam: "tasks", dynamicForkTasksInputParamName: "inputs" };
    const bad = await start(over("fork", { tasks: [task("a")], inputs: [1] }, params));
    expect(bad.json["status"]).toBe("FAILED");
    expect(bad.task("fork")["reasonForIncompletion"]).toContain("must be a map");
  });

  test("an EXCLUSIVE_JOIN takes its default when none of its tasks was scheduled", async () => {
    const run = await start(
      [
        task("a"),
        task("join", "EXCLUSIVE_JOIN", { joinOn: ["x", "y"], defaultExclusiveJoinTask: ["z", "a"] }),
      ],
      { workers: { a: () => ({ n: 1 }) } },
    );
    expect(run.task("join")).toMatchObject({ status: "COMPLETED", outputData: { n: 1 } });
  });
});

describe("tasks of the execution itself", () => {
  test("SET_VARIABLE writes null as well, and gives no output", async () => {
    const inputParameters = { a: "${workflow.input.none}", b: { c: 1 } };
    const run = await start(
      [task("set", "SET_VARIABLE", { inputParameters })],
      {},
      { variables: { a: 1, d: 2 } },
    );
    expect(run.json["variables"]).toEqual({ a: null, b: { c: 1 }, d: 2 });
    expect(run.task("set")["outputData"]).toEqual({});
  });

  test.each([
    [undefined, {}, { n: 1 }],
    [{}, {}, { n: 1 }],
    ["text", { output: "text" }, { output: "text" }],
    [{ a: 1 }, { a: 1 }, { a: 1 }],
  ])("TERMINATE with the output %j", async (workflowOutput, ofTask, ofWorkflow) => {
    const run = await start(
      [
        task("a"),
        task("end", "TERMINATE", { inputParameters: { terminationStatus: "COMPLETED", workflowOutput } }),
      ],
      { workers: { a: () => ({ n: 1 }) } },
      { outputParameters: { n: "${a.output.n}" } },
    );
    expect(run.task("end")).toMatchObject({ status: "COMPLETED", outputData: ofTask });
    expect(run.json).toMatchObject({
      ...{ status: "COMPLETED", output: ofWorkflow },
      reasonForIncompletion: `Workflow is COMPLETED by TERMINATE task: ${String(run.task("end")["taskId"])}`,
    });
  });

  test("START_WORKFLOW with a request that is none fails and says what is wrong", async () => {
    const run = await start([
      task("start", "START_WORKFLOW", { inputParameters: { startWorkflow: { version: 1 } } }),
    ]);
    expect(run.task("start")["status"]).toBe("FAILED");
    expect(run.task("start")["reasonForIncompletion"]).toContain("name");
  });

  test("a WAIT ends on time while the workflow is paused; what is behind it starts at the resume", async () => {
    const run = await start([
      task("wait", "WAIT", { inputParameters: { duration: "5s" } }),
      task("b", "HUMAN"),
    ]);
    await run.update(pauseExecution.name);
    await run.advance(5_000);
    expect(run.states).toEqual(["wait COMPLETED"]);
    await run.advance(60_000);
    await run.update(resumeExecution.name);
    expect(run.states).toEqual(["wait COMPLETED", "b IN_PROGRESS"]);
  });
});
