import { InvalidArgumentError } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { readEventHandler, readStartWorkflowRequest, readTaskDef, readWorkflowDef } from "./read-request.js";
import { ValidationFailedError } from "./validation-error.js";

const task = { name: "work", taskReferenceName: "work_ref" };
const minimal = { name: "flow", tasks: [task] };

function errorsOf(read: () => unknown) {
  try {
    read();
  } catch (error) {
    if (error instanceof ValidationFailedError) return error.validationErrors;
    throw error;
  }
  return [];
}

test("defaults are Conductor's own", () => {
  expect(readWorkflowDef(minimal)).toMatchObject({
    version: 1,
    schemaVersion: 2,
    restartable: true,
    timeoutSeconds: 0,
    timeoutPolicy: "ALERT_ONLY",
    enforceSchema: true,
    workflowStatusListenerEnabled: false,
    inputTemplate: {},
    tasks: [{ type: "SIMPLE", startDelay: 0, optional: false, asyncComplete: false, joinOn: [] }],
  });
  expect(readTaskDef({ name: "work" })).toEqual({
    name: "work",
    retryCount: 3,
    retryLogic: "FIXED",
    retryDelaySeconds: 60,
    backoffScaleFactor: 1,
    maxRetryDelaySeconds: 0,
    backoffJitterMs: 0,
    timeoutSeconds: 0,
    responseTimeoutSeconds: 3600,
    totalTimeoutSeconds: 0,
    timeoutPolicy: "TIME_OUT_WF",
    rateLimitPerFrequency: 0,
    rateLimitFrequencyInSeconds: 1,
    inputKeys: [],
    outputKeys: [],
    inputTemplate: {},
    enforceSchema: false,
    taskStatusListenerEnabled: true,
  });
});

test("unknown properties are dropped and null ones are absent, but the nulls of maps stay", () => {
  const definition = readWorkflowDef({
    ...minimal,
    description: null,
    timeoutPolicy: null,
    somethingNew: 1,
    variables: { a: null },
    tasks: [{ ...task, inputParameters: { a: null, b: { c: null } }, inputExpression: "x", optional: null }],
  });
  expect(definition).not.toHaveProperty("description");
  expect(definition).not.toHaveProperty("somethingNew");
  expect(definition.timeoutPolicy).toBe("ALERT_ONLY");
  expect(definition.variables).toEqual({ a: null });
  expect(definition.tasks[0]).toMatchObject({
    inputParameters: { a: null, b: { c: null } },
    optional: false,
  });
  expect(definition.tasks[0]).not.toHaveProperty("inputExpression");
});

test("numbers and booleans are taken as text too", () => {
  const definition = readWorkflowDef({ ...minimal, version: "3", restartable: "false" });
  expect(definition).toMatchObject({ version: 3, restartable: false });
});

test("what a definition was read as reads as the same again", () => {
  const definition = readWorkflowDef({
    ...minimal,
    tasks: [
      { ...task, type: "SWITCH", evaluatorType: "value-param", expression: "x", decisionCases: { a: [] } },
    ],
  });
  expect(readWorkflowDef(JSON.parse(JSON.stringify(definition)))).toEqual(definition);
});

test("a definition may hold another, and a task its own definition, which has the task's name", () => {
  const outer = {
    name: "outer",
    tasks: [
      { ...task, type: "SUB_WORKFLOW", subWorkflowParam: { workflowDefinition: minimal } },
      { name: "b", taskReferenceName: "b_ref", taskDefinition: { retryCount: 1 } },
    ],
  };
  const [first, second] = readWorkflowDef(outer).tasks;
  expect(first?.subWorkflowParam?.workflowDefinition).toMatchObject({ name: "flow", version: 1 });
  expect(second?.taskDefinition).toMatchObject({ name: "b", retryCount: 1, retryDelaySeconds: 60 });
});

describe("a bad field is named with its path", () => {
  test.each<[object, string, RegExp]>([
    [{ tasks: [task] }, "name", /WorkflowDef name cannot be null or empty/],
    [{ ...minimal, name: "" }, "name", /cannot be null or empty/],
    [{ ...minimal, tasks: [] }, "tasks", /WorkflowDef tasks cannot be empty/],
    [{ name: "flow" }, "tasks", /array/],
    [{ ...minimal, schemaVersion: 1 }, "schemaVersion", /./],
    [{ ...minimal, schemaVersion: 3 }, "schemaVersion", /must be 2/],
    [{ ...minimal, version: 1.5 }, "version", /int/],
    [{ ...minimal, version: 0 }, "version", />=1/],
    [{ ...minimal, timeoutPolicy: "NEVER" }, "timeoutPolicy", /TIME_OUT_WF/],
    [{ ...minimal, timeoutSeconds: -1 }, "timeoutSeconds", />=0/],
    [{ ...minimal, inputTemplate: [] }, "inputTemplate", /./],
    [{ ...minimal, tasks: [{ ...task, name: null }] }, "tasks[0].name", /WorkflowTask name/],
    [{ ...minimal, tasks: [{ name: "a" }] }, "tasks[0].taskReferenceName", /taskReferenceName/],
    [{ ...minimal, tasks: [{ ...task, startDelay: -1 }] }, "tasks[0].startDelay", />=0/],
    [{ ...minimal, tasks: [{ ...task, joinMode: "LATER" }] }, "tasks[0].joinMode", /SYNC/],
    [{ ...minimal, tasks: [{ ...task, forkTasks: [[{}]] }] }, "tasks[0].forkTasks[0][0].name", /name/],
    [
      {
        ...minimal,
        tasks: [{ ...task, subWorkflowParam: { workflowDefinition: { name: "x", tasks: [{}] } } }],
      },
      "tasks[0].subWorkflowParam.workflowDefinition.tasks[0].name",
      /WorkflowTask name/,
    ],
    [
      { ...minimal, tasks: [{ ...task, subWorkflowParam: { name: "x", priority: "high" } }] },
      "tasks[0].subWorkflowParam.priority",
      /./,
    ],
    [
      { ...minimal, tasks: [{ ...task, taskDefinition: { retryCount: -1 } }] },
      "tasks[0].taskDefinition.retryCount",
      /./,
    ],
  ])("%j", (json, path, message) => {
    const errors = errorsOf(() => readWorkflowDef(json));
    expect(errors[0]).toMatchObject({ path, message: expect.stringMatching(message) as string });
  });

  test("what is no definition at all", () => {
    for (const json of [undefined, null, [], "x", 7, true]) {
      expect(() => readWorkflowDef(json)).toThrow(ValidationFailedError);
    }
  });

  test("all of them at once, with the values that were given", () => {
    const json = {
      name: "flow",
      version: 0,
      tasks: [{ name: "a", taskReferenceName: "r", startDelay: "soon" }],
    };
    const errors = errorsOf(() => readWorkflowDef(json));
    expect(errors).toMatchObject([
      { path: "version", invalidValue: "0" },
      { path: "tasks[0].startDelay", invalidValue: "soon" },
    ]);
    expect(() => readWorkflowDef(json)).toThrow(/version: .* \(and 1 more\)/);
    expect(() => readWorkflowDef(json)).toThrow(InvalidArgumentError);
  });
});

test("start requests and event handlers are read the same way", () => {
  expect(readStartWorkflowRequest({ name: "flow", input: null, version: null })).toEqual({
    name: "flow",
    input: {},
    taskToDomain: {},
    priority: 0,
  });
  expect(errorsOf(() => readStartWorkflowRequest({ name: "flow", priority: 100 }))).toMatchObject([
    { path: "priority", invalidValue: "100" },
  ]);
  expect(
    errorsOf(() =>
      readStartWorkflowRequest({ name: "flow", workflowDef: { ...minimal, tasks: [task, task] } }),
    ),
  ).toMatchObject([{ path: "workflowDef.tasks[1].taskReferenceName", invalidValue: "work_ref" }]);
  expect(
    readEventHandler({
      name: "h",
      event: "conductor:flow:done",
      actions: [{ action: "complete_task", complete_task: { taskId: "t" }, expandInlineJSON: null }],
    }),
  ).toMatchObject({ active: false, actions: [{ action: "complete_task", complete_task: { output: {} } }] });
  for (const bad of [
    { name: "h", event: "conductor:x", actions: [] },
    { name: "h", event: "nowhere", actions: [{ action: "fail_task", fail_task: {} }] },
    { name: "h", event: "conductor:x", actions: [{ action: "dance" }] },
    { name: "h", event: "conductor:x", actions: [{ action: "start_workflow" }] },
  ]) {
    expect(() => readEventHandler(bad)).toThrow(ValidationFailedError);
  }
});

test("what cannot be stored and given back is refused", () => {
  const deep: unknown = JSON.parse("[".repeat(5_000) + "]".repeat(5_000));
  const values: [unknown, RegExp][] = [
    [JSON.parse('{"__proto__":{"admin":true}}'), /__proto__/],
    [{ deep }, /nested deeper than 64 levels/],
    [{ call: () => 1 }, /plain JSON/],
    [{ big: 1n }, /plain JSON/],
    [{ at: new Date(0) }, /plain JSON/],
    [{ not: Number.NaN }, /plain JSON/],
  ];
  for (const [inputTemplate, message] of values) {
    expect(() => readWorkflowDef({ ...minimal, inputTemplate })).toThrow(message);
  }
});

test("Conductor's example of asyncComplete is read, with the inputs as they are written", () => {
  const http_request = {
    uri: "https://orkes-api-tester.orkesconductor.com/api",
    method: "GET",
    connectionTimeOut: 3000,
    readTimeOut: "3000",
    accept: "application/json",
    contentType: "application/json",
  };
  const definition = readWorkflowDef({
    name: "async_complete_example",
    description: "Edit or extend this sample workflow. Set the workflow name to get started",
    version: 1,
    tasks: [
      {
        name: "http_task_85tf2",
        taskReferenceName: "http_task_85tf2_ref",
        inputParameters: { http_request },
        type: "HTTP",
        asyncComplete: true,
      },
    ],
    schemaVersion: 2,
    ownerEmail: "riza.farheen@orkes.io",
  });
  expect(definition.tasks[0]).toMatchObject({ asyncComplete: true, inputParameters: { http_request } });
});
