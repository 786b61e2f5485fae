import { expect, test } from "vitest";
import type { JsonMap } from "../definition/json-bean.js";
import { DrivenExecution, task } from "./testing/driven-execution.js";
import { SECRET_PATHS } from "../expression/secrets.js";
import { WORKER_RESULT } from "./tasks/worker-task.js";

test("DECISION takes its case from an input or a script, and an empty case is the default", async () => {
  const decision = (rest: JsonMap) => ({
    tasks: [
      task("decide", "DECISION", {
        inputParameters: { kind: "${workflow.input.kind}" },
        decisionCases: { a: [task("a", "NOOP")], empty: [] },
        defaultCase: [task("other", "NOOP")],
        ...rest,
      }),
    ],
  });
  const byParam = decision({ caseValueParam: "kind" });
  expect((await DrivenExecution.start(byParam, { input: { kind: "a" } })).states).toEqual([
    ...["decide COMPLETED", "a COMPLETED"],
  ]);
  expect((await DrivenExecution.start(byParam, { input: { kind: "empty" } })).states[1]).toBe(
    "other COMPLETED",
  );
  const byScript = await DrivenExecution.start(decision({ caseExpression: "$.kind.toLowerCase()" }), {
    input: { kind: "A" },
  });
  expect(byScript.task("decide")["outputData"]).toEqual({ caseOutput: ["a"] });
  expect(byScript.states[1]).toBe("a COMPLETED");
});

test("a SWITCH whose script throws fails, once, and the workflow with it", async () => {
  const run = await DrivenExecution.start({
    tasks: [
      task("switch", "SWITCH", {
        ...{ evaluatorType: "javascript", expression: "$.x.y.z", decisionCases: { a: [task("a")] } },
      }),
    ],
  });
  expect(run.states).toEqual(["switch FAILED"]);
  expect(run.json["status"]).toBe("FAILED");
});

test("EXCLUSIVE_JOIN has the output of the branch that was taken", async () => {
  const run = await DrivenExecution.start(
    {
      tasks: [
        task("switch", "SWITCH", {
          ...{ evaluatorType: "value-param", expression: "k", inputParameters: { k: "two" } },
          decisionCases: { one: [task("one")], two: [task("two")] },
        }),
        task("join", "EXCLUSIVE_JOIN", { joinOn: ["one", "two"], defaultExclusiveJoinTask: ["switch"] }),
      ],
    },
    { workers: { two: () => ({ n: 2 }) } },
  );
  expect(run.task("join")).toMatchObject({ status: "COMPLETED", outputData: { n: 2 } });
});

test("LAMBDA is the body of a function", async () => {
  const inputParameters = { scriptExpression: "if ($.n > 1) { return { big: true } } return null", n: 2 };
  const run = await DrivenExecution.start({ tasks: [task("lambda", "LAMBDA", { inputParameters })] });
  expect(run.json["output"]).toEqual({ result: { big: true } });
});

test("a dynamic fork runs tasks that an earlier one made, joined by their names", async () => {
  const run = await DrivenExecution.start(
    {
      tasks: [
        task("plan"),
        task("fork", "FORK_JOIN_DYNAMIC", {
          inputParameters: { tasks: "${plan.output.tasks}", inputs: "${plan.output.inputs}" },
          ...{ dynamicForkTasksParam: "tasks", dynamicForkTasksInputParamName: "inputs" },
        }),
        task("join", "JOIN"),
      ],
    },
    {
      workers: {
        plan: () => ({
          tasks: [task("x", "SIMPLE"), task("y", "NOOP")],
          inputs: { x: { n: 5 } },
        }),
        x: ({ inputData }) => ({ got: (inputData as { n: number }).n }),
      },
    },
  );
  expect(run.states).toEqual([
    ...["plan COMPLETED", "fork COMPLETED", "x COMPLETED", "y COMPLETED", "join COMPLETED"],
  ]);
  expect(run.task("join")).toMatchObject({
    inputData: { joinOn: ["x", "y"] },
    outputData: { x: { got: 5 } },
  });
  const twice = await DrivenExecution.start({
    tasks: [
      task("fork", "FORK_JOIN_DYNAMIC", {
        inputParameters: { tasks: [task("x"), task("x")], inputs: {} },
        ...{ dynamicForkTasksParam: "tasks", dynamicForkTasksInputParamName: "inputs" },
      }),
      task("join", "JOIN"),
    ],
  });
  expect(twice.json["status"]).toBe("FAILED");
  expect(twice.task("fork")["reasonForIncompletion"]).toContain("gives the reference name x to two tasks");
});

test("an empty dynamic fork completes", async () => {
  const run = await DrivenExecution.start({
    tasks: [
      task("fork", "FORK_JOIN_DYNAMIC", { inputParameters: { forkTaskName: "a", forkTaskInputs: [] } }),
      task("join", "JOIN"),
    ],
  });
  expect(run.states).toEqual(["fork COMPLETED", "join COMPLETED"]);
});

test("a fork without a join fails the workflow", async () => {
  const run = await DrivenExecution.start({
    tasks: [task("fork", "FORK_JOIN", { forkTasks: [[task("a")]] })],
  });
  expect(run.json["status"]).toBe("FAILED");
});

test("what a Conductor worker says of a task is taken from its result", async () => {
  const workerResult = {
    ...{
      status: "FAILED_WITH_TERMINAL_ERROR",
      outputData: { partial: 1 },
      reasonForIncompletion: "card declined",
    },
    ...{ workerId: "worker-7", startTime: 1_900_000_000_000, pollCount: 2 },
  };
  const run = await DrivenExecution.start(
    { tasks: [task("pay")] },
    { workers: { pay: () => ({ [WORKER_RESULT]: workerResult }) } },
  );
  expect(run.task("pay")).toMatchObject({
    ...{
      status: "FAILED_WITH_TERMINAL_ERROR",
      outputData: { partial: 1 },
      workerId: "worker-7",
      pollCount: 2,
    },
    ...{ reasonForIncompletion: "card declined", startTime: 1_900_000_000_000 },
  });
});

test("tasks of a domain are in a queue of their own", async () => {
  const run = await DrivenExecution.start(
    { tasks: [task("com.acme.ship"), task("wait", "WAIT")] },
    { taskToDomain: { "*": "green" }, workers: { "com.acme.ship": () => ({}) } },
  );
  const queues = run.commands.flatMap((command) =>
    command.kind === "activity-scheduled" ? command.queue : [],
  );
  expect(queues).toEqual(["green..com.2Eacme.2Eship"]);
  expect(run.task("com.acme.ship")["domain"]).toBe("green");
  expect(run.task("wait")).not.toHaveProperty("domain");
});

test("of several domains for a task the one is taken that has workers, once for all its attempts", async () => {
  const asked: unknown[] = [];
  let attempts = 0;
  const run = await DrivenExecution.start(
    {
      tasks: [
        task("ship", "SIMPLE", { taskDefinition: { name: "ship", retryCount: 1, retryDelaySeconds: 0 } }),
      ],
    },
    {
      taskToDomain: { ship: "blue, green, NO_DOMAIN" },
      workers: {
        "conductor.chooseDomain": (call) => {
          asked.push(call);
          return "green";
        },
        ship: () => {
          if (++attempts === 1) throw new Error("again");
          return {};
        },
      },
    },
  );
  expect(asked).toEqual([{ taskType: "ship", domains: ["blue", "green", null] }]);
  expect(attempts).toBe(2);
  expect(run.task("ship")).toMatchObject({ domain: "green", status: "COMPLETED" });
});

test("variables past their limit are not written", async () => {
  const run = await DrivenExecution.start(
    { tasks: [task("set", "SET_VARIABLE", { inputParameters: { big: "${workflow.input.big}" } })] },
    { input: { big: "x".repeat(300 * 1024) } },
  );
  expect(run.task("set")["status"]).toBe("FAILED_WITH_TERMINAL_ERROR");
  expect(run.json["variables"]).toEqual({});
});

test("secrets stay references in what is stored, with the places where they are", async () => {
  const inputs: JsonMap[] = [];
  const inputParameters = { http_request: { headers: { key: "${workflow.secrets.KEY}" } } };
  const run = await DrivenExecution.start(
    { tasks: [task("call", "HTTP", { inputParameters })] },
    {
      workers: {
        "conductor.HTTP": (call) => {
          inputs.push(call);
          return { status: "COMPLETED", outputData: {} };
        },
      },
    },
  );
  expect(inputs).toMatchObject([
    { ...inputParameters, [SECRET_PATHS]: [["http_request", "headers", "key"]] },
  ]);
  expect(run.task("call")["inputData"]).toEqual(inputParameters);
});

test("nested loops number their tasks by both, and keep what is asked for", async () => {
  const run = await DrivenExecution.start({
    tasks: [
      task("outer", "DO_WHILE", {
        inputParameters: { keepLastN: 1 },
        loopCondition: "$.outer.iteration < 2",
        loopOver: [
          task("inner", "DO_WHILE", {
            loopCondition: "$.inner.iteration < 2",
            loopOver: [task("leaf", "NOOP")],
          }),
        ],
      }),
    ],
  });
  expect(run.states).toEqual([
    ...["outer COMPLETED", "inner__2 COMPLETED", "leaf__2__1 COMPLETED", "leaf__2__2 COMPLETED"],
  ]);
});

test("what cannot be run outside of an attempt fails the workflow at once, whatever its siblings wait for", async () => {
  const run = await DrivenExecution.start(
    {
      tasks: [
        task("fork", "FORK_JOIN", {
          forkTasks: [
            [task("ask", "HUMAN")],
            [task("any", "DYNAMIC", { dynamicTaskNameParam: "which", inputParameters: { which: "x" } })],
          ],
        }),
        task("join", "JOIN", { joinOn: ["ask", "any"] }),
      ],
    },
    {
      workers: {
        "conductor.findTaskDefinitions": () => {
          throw new Error("no definitions today");
        },
      },
    },
  );
  expect(run.json).toMatchObject({
    status: "FAILED",
    reasonForIncompletion: "task any cannot be run: no definitions today",
  });
  expect(run.task("ask")["status"]).toBe("CANCELED");
});

test("an input that grows past its limit fails the workflow", async () => {
  const big = Object.fromEntries(
    Array.from({ length: 9 }, (_, index) => [`n${index}`, "${workflow.input.big}"]),
  );
  const run = await DrivenExecution.start(
    { tasks: [task("a", "SIMPLE", { inputParameters: big })] },
    { input: { big: "x".repeat(600 * 1024) } },
  );
  expect(run.json["status"]).toBe("FAILED");
  expect(run.json["reasonForIncompletion"]).toContain(
    "task a cannot be run: the values put into a template take more",
  );
});
