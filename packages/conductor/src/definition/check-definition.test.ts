import { describe, expect, test } from "vitest";
import { checkDefinition, type DefinitionCheckOptions } from "./check-definition.js";
import { workflowDef } from "./workflow-def.js";

function check(tasks: object[], options?: DefinitionCheckOptions) {
  const named = tasks.map((task, index) => ({ name: `n${index}`, taskReferenceName: `r${index}`, ...task }));
  return checkDefinition(workflowDef.parse({ name: "flow", tasks: named }), options);
}

const some = [{ name: "in", taskReferenceName: "inner" }];

describe("a task without what its type needs is refused", () => {
  test.each<[string, object, string]>([
    ["no sink", { type: "EVENT" }, "sink"],
    ["no parameter", { type: "DYNAMIC" }, "dynamicTaskNameParam"],
    ["no evaluator", { type: "SWITCH", expression: "x", decisionCases: { a: some } }, "evaluatorType"],
    [
      "no expression",
      { type: "SWITCH", evaluatorType: "value-param", decisionCases: { a: some } },
      "expression",
    ],
    ["no case", { type: "SWITCH", evaluatorType: "value-param", expression: "x" }, "decisionCases"],
    ["no case value", { type: "DECISION", decisionCases: { a: some } }, "caseValueParam"],
    ["no case", { type: "DECISION", caseExpression: "x" }, "decisionCases"],
    ["no branch", { type: "FORK_JOIN" }, "forkTasks"],
    ["no parameters", { type: "FORK_JOIN_DYNAMIC" }, "dynamicForkTasksParam"],
    [
      "one parameter",
      { type: "FORK_JOIN_DYNAMIC", dynamicForkTasksParam: "a" },
      "dynamicForkTasksInputParamName",
    ],
    [
      "the other",
      { type: "FORK_JOIN_DYNAMIC", dynamicForkTasksInputParamName: "a" },
      "dynamicForkTasksParam",
    ],
    [
      "old and new form",
      { type: "FORK_JOIN_DYNAMIC", dynamicForkJoinTasksParam: "a", dynamicForkTasksParam: "b" },
      "dynamicForkJoinTasksParam",
    ],
    ["no request", { type: "HTTP" }, "inputParameters.http_request"],
    ["no method", { type: "HTTP", inputParameters: { uri: "http://x" } }, "inputParameters.http_request"],
    ["no request", { type: "KAFKA_PUBLISH" }, "inputParameters.kafka_request"],
    ["no condition", { type: "DO_WHILE", loopOver: some }, "loopCondition"],
    ["no body", { type: "DO_WHILE", loopCondition: "true" }, "loopOver"],
    ["no parameters", { type: "SUB_WORKFLOW" }, "subWorkflowParam"],
    ["no workflow", { type: "SUB_WORKFLOW", subWorkflowParam: { version: 1 } }, "subWorkflowParam.name"],
    ["no query", { type: "JSON_JQ_TRANSFORM" }, "inputParameters.queryExpression"],
    ["no status", { type: "TERMINATE" }, "inputParameters.terminationStatus"],
    [
      "an expression",
      { type: "TERMINATE", inputParameters: { terminationStatus: "${workflow.input.s}" } },
      "inputParameters.terminationStatus",
    ],
    [
      "optional",
      { type: "TERMINATE", optional: true, inputParameters: { terminationStatus: "FAILED" } },
      "optional",
    ],
    [
      "both times",
      { type: "WAIT", inputParameters: { duration: "5s", until: "${workflow.input.until}" } },
      "inputParameters.until",
    ],
    ["a bad duration", { type: "WAIT", inputParameters: { duration: "PT5S" } }, "inputParameters.duration"],
    ["a number", { type: "WAIT", inputParameters: { duration: 5 } }, "inputParameters.duration"],
    ["a bad time", { type: "WAIT", inputParameters: { until: "tomorrow" } }, "inputParameters.until"],
  ])("%s: %j", (_why, task, path) => {
    const errors = check([task]);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.path).toBe(`tasks[0].${path}`);
    expect(errors[0]?.message).toContain("n0");
  });
});

describe("what is enough is taken", () => {
  test.each<object>([
    { type: "SIMPLE" },
    { type: "a type of our own" },
    { type: "LLM_CHAT_COMPLETE" },
    { type: "HUMAN" },
    { type: "JOIN" },
    { type: "EVENT", sink: "conductor:${workflow.input.x}" },
    { type: "SWITCH", evaluatorType: "value-param", expression: "x", decisionCases: { a: [] } },
    { type: "DECISION", caseValueParam: "x", decisionCases: { a: [] } },
    { type: "FORK_JOIN", forkTasks: [some] },
    { type: "FORK_JOIN_DYNAMIC", dynamicForkTasksParam: "a", dynamicForkTasksInputParamName: "b" },
    { type: "FORK_JOIN_DYNAMIC", dynamicForkJoinTasksParam: "a" },
    { type: "FORK_JOIN_DYNAMIC", inputParameters: { forkTaskInputs: "${workflow.input.list}" } },
    { type: "HTTP", inputParameters: { http_request: "${workflow.input.request}" } },
    { type: "HTTP", inputParameters: { uri: "http://x", method: "GET" } },
    { type: "HTTP", taskDefinition: { inputTemplate: { http_request: { uri: "http://x" } } } },
    { type: "KAFKA_PUBLISH", inputParameters: { kafka_request: {} } },
    {
      type: "KAFKA_PUBLISH",
      inputParameters: { kafka_request: null },
      taskDefinition: { inputTemplate: { kafka_request: {} } },
    },
    { type: "DO_WHILE", loopCondition: "", items: "${workflow.input.items}", loopOver: some },
    { type: "SUB_WORKFLOW", subWorkflowParam: { name: "x" } },
    { type: "SUB_WORKFLOW", subWorkflowParam: { workflowDefinition: "${workflow.input.definition}" } },
    { type: "JSON_JQ_TRANSFORM", inputParameters: { queryExpression: "." } },
    { type: "TERMINATE", inputParameters: { terminationStatus: "COMPLETED" } },
    { type: "WAIT" },
    { type: "WAIT", inputParameters: { duration: "1d 2h", until: "" } },
    { type: "WAIT", inputParameters: { until: "2030-01-01 10:00 GMT-03:00" } },
    { type: "WAIT", inputParameters: { duration: "${workflow.input.duration}" } },
  ])("%j", (task) => {
    expect(check([task])).toEqual([]);
  });
});

test("a reference name is given once in the whole definition", () => {
  const twice = { name: "x", taskReferenceName: "same" };
  expect(
    check([
      {
        type: "FORK_JOIN",
        forkTasks: [[twice], [{ ...twice, type: "DO_WHILE", loopCondition: "1", loopOver: some }]],
      },
      { type: "SWITCH", evaluatorType: "value-param", expression: "x", decisionCases: { "a b": [twice] } },
    ]),
  ).toMatchObject([
    { path: "tasks[0].forkTasks[1][0].taskReferenceName", invalidValue: "same" },
    { path: "tasks[1].decisionCases.a b[0].taskReferenceName", invalidValue: "same" },
  ]);
});

test("names that differ behind two underscores are different names", () => {
  expect(
    check([
      { taskReferenceName: "a__1" },
      { taskReferenceName: "a__2", inputParameters: { x: "${a__1.output}" } },
      { taskReferenceName: "a" },
    ]),
  ).toEqual([]);
});

test("expressions of tasks at the top name workflow, a task or a known variable, and are paths", () => {
  const inputParameters = {
    good: [
      "${workflow.input.x}",
      "${inner.output}",
      "${CPEWF_TASK_ID}",
      "${NETFLIX_STACK}",
      "${REGION}",
      "$${any}",
    ],
    nested: { deep: "a ${nobody.output} b" },
    inside: "${r0.${ghost.output}}",
    broken: "${workflow.input[}",
    regex: "${workflow.input.items[?match(@.name, 'x')]}",
  };
  const loop = {
    type: "DO_WHILE",
    loopCondition: "true",
    loopOver: [{ name: "in", taskReferenceName: "inner", inputParameters: { x: "${nobody.output}" } }],
  };
  const errors = check([{ inputParameters }, loop], { environmentNames: ["REGION"] });
  expect(errors.map(({ path }) => path)).toEqual([
    "tasks[0].inputParameters.nested.deep",
    "tasks[0].inputParameters.inside",
    "tasks[0].inputParameters.broken",
    "tasks[0].inputParameters.regex",
  ]);
  expect(errors[0]).toMatchObject({
    message: expect.stringContaining("${nobody.output} names neither") as string,
    invalidValue: "a ${nobody.output} b",
  });
});

test("an expression longer than 4096 characters is refused", () => {
  const long = `\${workflow.input.${"x".repeat(4096)}}`;
  expect(check([{ inputParameters: { long } }])).toMatchObject([
    { path: "tasks[0].inputParameters.long", message: expect.stringContaining("longer than 4096") as string },
  ]);
});

test("timeouts of a task definition must not contradict each other", () => {
  const contradicting = {
    taskDefinition: { timeoutSeconds: 60, responseTimeoutSeconds: 61, totalTimeoutSeconds: 59 },
  };
  expect(check([contradicting]).map(({ path }) => path)).toEqual([
    "tasks[0].taskDefinition.responseTimeoutSeconds",
    "tasks[0].taskDefinition.timeoutSeconds",
  ]);
  expect(
    check([{ taskDefinition: { timeoutSeconds: 60, responseTimeoutSeconds: 60, totalTimeoutSeconds: 60 } }]),
  ).toEqual([]);
  expect(check([{ taskDefinition: { timeoutSeconds: 0, responseTimeoutSeconds: 60 } }])).toEqual([]);
});

test("a definition inside a definition has names of its own and is checked as well", () => {
  const inner = {
    name: "inner",
    tasks: [
      { name: "n", taskReferenceName: "r0" },
      { name: "e", taskReferenceName: "e", type: "EVENT" },
    ],
  };
  expect(check([{ type: "SUB_WORKFLOW", subWorkflowParam: { workflowDefinition: inner } }])).toMatchObject([
    { path: "tasks[0].subWorkflowParam.workflowDefinition.tasks[1].sink" },
  ]);
});

test("what the operator does not let HTTP tasks do is asked about, with the registered defaults filled in", () => {
  const options: DefinitionCheckOptions = {
    httpFault: (inputs) => {
      const { uri } = (inputs["http_request"] ?? inputs) as { uri?: unknown };
      const path = inputs["http_request"] === undefined ? "uri" : "http_request.uri";
      return String(uri).startsWith("file:")
        ? { path, message: "the scheme is file:", value: uri }
        : undefined;
    },
    registeredTaskDef: (name) =>
      name === "call" ? { inputTemplate: { http_request: { uri: "file:///etc" } } } : undefined,
  };
  const errors = check(
    [
      { type: "HTTP", inputParameters: { http_request: { uri: "file:///etc/passwd", method: "GET" } } },
      { type: "HTTP", inputParameters: { uri: "http://example.com", method: "GET" } },
      { type: "HTTP", inputParameters: { uri: "file:", method: "GET" } },
      { type: "HTTP", name: "call" },
    ],
    options,
  );
  expect(errors).toEqual([
    {
      path: "tasks[0].inputParameters.http_request.uri",
      message: "the scheme is file:, for taskType: HTTP taskName: n0",
      invalidValue: "file:///etc/passwd",
    },
    expect.objectContaining({ path: "tasks[2].inputParameters.uri" }),
    expect.objectContaining({ path: "tasks[3].inputParameters.http_request.uri" }),
  ]);
});

test("an operator may ask for an owner and for plain names", () => {
  const definition = workflowDef.parse({ name: "flow/1", tasks: some });
  expect(checkDefinition(definition)).toEqual([]);
  expect(checkDefinition(definition, { requireOwnerEmail: true, restrictNames: true })).toMatchObject([
    { path: "ownerEmail" },
    { path: "name", invalidValue: "flow/1" },
  ]);
  const owned = workflowDef.parse({ name: "flow_{1} <b> #2-x", ownerEmail: "a@example.com", tasks: some });
  expect(checkDefinition(owned, { requireOwnerEmail: true, restrictNames: true })).toEqual([]);
});
