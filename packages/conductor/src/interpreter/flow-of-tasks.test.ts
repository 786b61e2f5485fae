import { describe, expect, test } from "vitest";
import type { JsonMap } from "../definition/json-bean.js";
import { DrivenExecution, task, type DrivenOptions } from "./testing/driven-execution.js";

/** Behaviour must not depend on whether an owner lives through it. */
const WAYS: readonly (readonly [string, Partial<DrivenOptions>])[] = [
  ["kept in memory", {}],
  ["killed before each event", { killedBeforeEachEvent: true }],
];

describe.each(WAYS)("an execution, %s,", (_way, way) => {
  const start = async (definition: JsonMap, options: DrivenOptions = {}) => {
    const run = await DrivenExecution.start(definition, { ...way, ...options });
    return run;
  };
  const expectSame = async (run: DrivenExecution) => expect(await run.replayed()).toEqual(run.json);

  test("passes outputs from task to task and ends with the output of its template", async () => {
    const run = await start(
      {
        tasks: [
          task("price", "SIMPLE", { inputParameters: { item: "${workflow.input.item}" } }),
          task("tell", "SIMPLE", { inputParameters: { text: "it costs ${price.output.cents}" } }),
        ],
        outputParameters: { cents: "${price.output.cents}", told: "${tell.output.result}" },
      },
      {
        input: { item: "cup" },
        correlationId: "order-1",
        workers: {
          price: ({ inputData }) => ({ cents: (inputData as { item: string }).item.length * 100 }),
          tell: ({ inputData }) => (inputData as { text: string }).text,
        },
      },
    );
    expect(run.json).toMatchObject({
      workflowId: "workflow-1",
      workflowName: "wf",
      workflowVersion: 1,
      status: "COMPLETED",
      correlationId: "order-1",
      input: { item: "cup" },
      output: { cents: 300, told: "it costs 300" },
      failedReferenceTaskNames: [],
    });
    expect(run.tasks).toMatchObject([
      { seq: 1, taskType: "price", taskDefName: "price", status: "COMPLETED", outputData: { cents: 300 } },
      { seq: 2, taskType: "tell", inputData: { text: "it costs 300" }, workflowInstanceId: "workflow-1" },
    ]);
    await expectSame(run);
  });

  test("without a template the output is that of the last task", async () => {
    const run = await start(
      { tasks: [task("a"), task("b")] },
      { workers: { a: () => ({ x: 1 }), b: () => ({ y: 2 }) } },
    );
    expect(run.json["output"]).toEqual({ y: 2 });
  });

  test("a failed task is tried again as a new record, and its input is computed anew", async () => {
    let calls = 0;
    const run = await start(
      {
        tasks: [
          task("flaky", "SIMPLE", {
            inputParameters: { id: "${CPEWF_TASK_ID}" },
            taskDefinition: { retryCount: 2, retryDelaySeconds: 5, retryLogic: "LINEAR_BACKOFF" },
          }),
        ],
      },
      {
        workers: {
          flaky: () => {
            if (++calls < 3) throw new Error(`failure ${calls}`);
            return { calls };
          },
        },
      },
    );
    expect(run.states).toEqual(["flaky FAILED", "flaky SCHEDULED"]);
    await run.advance(4_999);
    expect(calls).toBe(1);
    await run.advance(1);
    expect(calls).toBe(2);
    await run.advance(10_000);
    expect(run.json).toMatchObject({ status: "COMPLETED", output: { calls: 3 } });
    const [first, second, third] = run.tasks;
    expect([first?.["retryCount"], second?.["retryCount"], third?.["retryCount"]]).toEqual([0, 1, 2]);
    expect(first).toMatchObject({ retried: true, reasonForIncompletion: "failure 1" });
    expect(second?.["retriedTaskId"]).toBe(first?.["taskId"]);
    expect(third?.["inputData"]).toEqual({ id: third?.["taskId"] });
    await expectSame(run);
  });

  test("a task that is out of retries fails the workflow, which cancels what is open", async () => {
    const run = await start(
      {
        tasks: [
          task("fork", "FORK_JOIN", {
            forkTasks: [[task("waits", "HUMAN")], [task("bad", "SIMPLE", { retryCount: 0 })]],
          }),
          task("join", "JOIN", { joinOn: ["waits", "bad"] }),
        ],
      },
      {
        workers: {
          bad: () => {
            throw new Error("no stock");
          },
        },
      },
    );
    expect(run.states).toEqual(["fork COMPLETED", "waits CANCELED", "bad FAILED", "join CANCELED"]);
    expect(run.json).toMatchObject({
      status: "FAILED",
      reasonForIncompletion: `Task ${String(run.task("bad")["taskId"])} failed with status: FAILED and reason: 'no stock'`,
      failedReferenceTaskNames: ["bad"],
    });
    await expectSame(run);
  });

  test("an optional task that failed lets the flow go on; a permissive one fails the workflow at its end", async () => {
    const bad = () => {
      throw Object.assign(new Error("no"), { name: "NonRetryableException" });
    };
    const definition = (flags: JsonMap) => ({ tasks: [task("bad", "SIMPLE", flags), task("next")] });
    const workers = { bad, next: () => ({ done: true }) };
    const optional = await start(definition({ optional: true }), { workers });
    expect(optional.states).toEqual(["bad COMPLETED_WITH_ERRORS", "next COMPLETED"]);
    expect(optional.json["status"]).toBe("COMPLETED");
    const permissive = await start(definition({ permissive: true }), { workers });
    expect(permissive.states).toEqual(["bad FAILED_WITH_TERMINAL_ERROR", "next COMPLETED"]);
    expect(permissive.json["status"]).toBe("FAILED");
    await expectSame(permissive);
  });

  test("SWITCH runs the branch of its value, else the default; SET_VARIABLE writes variables", async () => {
    const definition = {
      variables: { n: 1 },
      tasks: [
        task("switch", "SWITCH", {
          evaluatorType: "value-param",
          expression: "kind",
          inputParameters: { kind: "${workflow.input.kind}" },
          decisionCases: { a: [task("set", "SET_VARIABLE", { inputParameters: { n: 2 } })], none: [] },
          defaultCase: [
            task("script", "SWITCH", {
              evaluatorType: "javascript",
              expression: "$.n > 0 ? 'yes' : 'no'",
              inputParameters: { n: "${workflow.variables.n}" },
              decisionCases: { yes: [task("yes", "NOOP")] },
            }),
          ],
        }),
      ],
      outputParameters: { n: "${workflow.variables.n}" },
    };
    const a = await start(definition, { input: { kind: "a" } });
    expect(a.states).toEqual(["switch COMPLETED", "set COMPLETED"]);
    expect(a.json["output"]).toEqual({ n: 2 });
    expect(a.task("switch")).toMatchObject({ outputData: { evaluationResult: ["a"], selectedCase: "a" } });
    expect((await start(definition, { input: { kind: "none" } })).states).toEqual(["switch COMPLETED"]);
    const other = await start(definition, { input: {} });
    expect(other.states).toEqual(["switch COMPLETED", "script COMPLETED", "yes COMPLETED"]);
    expect(other.task("switch")["outputData"]).toMatchObject({ selectedCase: "null" });
    await expectSame(other);
  });

  test("a fork lists FORK, the heads of its branches and JOIN, and joins on what it names", async () => {
    const run = await start({
      tasks: [
        task("fork", "FORK_JOIN", {
          forkTasks: [[task("a", "HUMAN"), task("a2", "NOOP")], [task("b", "HUMAN")]],
        }),
        task("join", "JOIN", { joinOn: ["a2"] }),
        task("after", "NOOP"),
      ],
    });
    expect(run.states).toEqual(["fork COMPLETED", "a IN_PROGRESS", "b IN_PROGRESS", "join IN_PROGRESS"]);
    expect(run.task("fork")).toMatchObject({ taskType: "FORK", taskDefName: "FORK" });
    await run.updateTask({ taskReferenceName: "a", status: "COMPLETED", outputData: { x: 1 } });
    // The workflow waits for the branch that the join does not name.
    expect(run.states.slice(2)).toEqual([
      "b IN_PROGRESS",
      "join COMPLETED",
      "a2 COMPLETED",
      "after COMPLETED",
    ]);
    expect(run.json["status"]).toBe("RUNNING");
    await run.updateTask({ taskReferenceName: "b", status: "COMPLETED" });
    expect(run.json["status"]).toBe("COMPLETED");
    await expectSame(run);
  });

  test("DO_WHILE numbers its tasks and keeps what each iteration gave", async () => {
    const run = await start(
      {
        tasks: [
          task("loop", "DO_WHILE", {
            inputParameters: { most: 3 },
            loopCondition: "if ($.loop['iteration'] < $.most) { true; } else { false; }",
            loopOver: [task("work", "SIMPLE", { inputParameters: { n: "${loop.output.iteration}" } })],
          }),
        ],
      },
      { workers: { work: ({ inputData }) => ({ square: (inputData as { n: number }).n ** 2 }) } },
    );
    expect(run.states).toEqual([
      "loop COMPLETED",
      "work__1 COMPLETED",
      "work__2 COMPLETED",
      "work__3 COMPLETED",
    ]);
    expect(run.task("loop")["outputData"]).toEqual({
      iteration: 3,
      1: { work: { square: 1 } },
      2: { work: { square: 4 } },
      3: { work: { square: 9 } },
    });
    expect(run.task("work__2")).toMatchObject({ iteration: 2, loopOverTask: true });
    await expectSame(run);
  });

  test("DO_WHILE over a list, keeping the last iterations", async () => {
    const run = await start(
      {
        tasks: [
          task("loop", "DO_WHILE", {
            inputParameters: { keepLastN: 2 },
            items: "${workflow.input.items}",
            loopCondition: "",
            loopOver: [task("echo", "SIMPLE", { inputParameters: { all: "${loop.output}" } })],
          }),
        ],
      },
      {
        input: { items: ["x", "y", "z"] },
        workers: { echo: ({ inputData }) => (inputData as { all: { loopItem: string } }).all.loopItem },
      },
    );
    expect(run.task("loop")["outputData"]).toMatchObject({
      ...{ iteration: 3, loopIndex: 2, loopItem: "z" },
      ...{ 2: { echo: { result: "y" } }, 3: { echo: { result: "z" } } },
    });
    expect(run.states).toEqual(["loop COMPLETED", "echo__2 COMPLETED", "echo__3 COMPLETED"]);
    // What a task got of the loop's output does not change with it.
    expect((run.task("echo__2")["inputData"] as { all: JsonMap }).all).toMatchObject({ iteration: 2 });
    const none = await start(
      {
        tasks: [
          task("loop", "DO_WHILE", {
            items: "${workflow.input.none}",
            loopCondition: "",
            loopOver: [task("a")],
          }),
        ],
      },
      {},
    );
    expect(none.task("loop")).toMatchObject({ status: "COMPLETED", outputData: { iteration: 0 } });
    await expectSame(run);
  });

  test("TERMINATE inside a branch ends everything with its output", async () => {
    const run = await start({
      tasks: [
        task("fork", "FORK_JOIN", {
          forkTasks: [
            [task("waits", "HUMAN")],
            [
              task("stop", "TERMINATE", {
                inputParameters: { terminationStatus: "TERMINATED", workflowOutput: { why: "enough" } },
              }),
              task("never"),
            ],
          ],
        }),
        task("join", "JOIN", { joinOn: ["waits", "stop"] }),
      ],
    });
    expect(run.states).toEqual(["fork COMPLETED", "waits CANCELED", "stop COMPLETED", "join CANCELED"]);
    expect(run.json).toMatchObject({
      status: "TERMINATED",
      output: { why: "enough" },
      reasonForIncompletion: `Workflow is TERMINATED by TERMINATE task: ${String(run.task("stop")["taskId"])}`,
    });
    await expectSame(run);
  });

  test("a dynamic fork makes its branches from its input, and what it is given is data", async () => {
    const run = await start(
      {
        tasks: [
          task("fork", "FORK_JOIN_DYNAMIC", {
            inputParameters: { forkTaskName: "echo", forkTaskInputs: "${workflow.input.items}" },
          }),
          task("join", "JOIN"),
        ],
      },
      {
        input: { items: [{ text: "${workflow.input.items}" }, 7] },
        workers: { echo: ({ inputData }) => ({ got: inputData }) },
      },
    );
    expect(run.states).toEqual([
      "fork COMPLETED",
      "_echo_0 COMPLETED",
      "_echo_1 COMPLETED",
      "join COMPLETED",
    ]);
    expect(run.json["output"]).toEqual({
      _echo_0: { got: { text: "${workflow.input.items}", __index: 0 } },
      _echo_1: { got: { input: 7, __index: 1 } },
    });
    await expectSame(run);
  });

  test("DYNAMIC runs the task that its input names", async () => {
    const run = await start(
      {
        tasks: [
          task("any", "DYNAMIC", {
            dynamicTaskNameParam: "which",
            inputParameters: { which: "${workflow.input.which}" },
          }),
        ],
      },
      { input: { which: "ship" }, workers: { ship: () => ({ shipped: true }) } },
    );
    expect(run.json).toMatchObject({ status: "COMPLETED", output: { shipped: true } });
    expect(run.task("any")["taskType"]).toBe("ship");
    const missing = await start({ tasks: [task("any", "DYNAMIC", { dynamicTaskNameParam: "which" })] });
    expect(missing.json["status"]).toBe("FAILED");
  });
});
