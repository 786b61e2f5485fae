import { expect, test } from "vitest";
import { taskDef } from "../definition/task-def.js";
import { workflowDef } from "../definition/workflow-def.js";
import { scopeOf } from "./expression-scope.js";
import { taskInput, workflowInput } from "./task-input.js";

const scope = scopeOf({ workflow: { input: { city: "Vigo", empty: null } } });

function input(inputParameters: Record<string, unknown>, inputTemplate: Record<string, unknown>) {
  return taskInput({ inputParameters }, taskDef.parse({ name: "t", inputTemplate }), scope).input;
}

test("the template of the task definition fills in what a task does not give, and is resolved", () => {
  expect(input({ a: 1 }, { a: 2, b: "${workflow.input.city}" })).toEqual({ a: 1, b: "Vigo" });
});

test("an input that comes out null gets the value of the template, as it is written", () => {
  expect(
    input(
      { a: "${workflow.input.empty}", b: "${workflow.input.none}", c: null, d: null },
      { a: "default", b: "${workflow.input.city}", c: { deep: 1 } },
    ),
  ).toEqual({ a: "default", b: "${workflow.input.city}", c: { deep: 1 }, d: null });
});

test("a task without a definition has its own inputs alone", () => {
  expect(taskInput({ inputParameters: { a: "${workflow.input.city}" } }, undefined, scope)).toEqual({
    input: { a: "Vigo" },
    secretPaths: [],
  });
});

test("the template of a workflow fills in what a start does not give, also when it gives nothing", () => {
  const definition = workflowDef.parse({
    name: "w",
    tasks: [{ name: "t", taskReferenceName: "t" }],
    inputTemplate: { a: 1, b: { c: 2 } },
  });
  expect(workflowInput(definition, {})).toEqual({ a: 1, b: { c: 2 } });
  expect(workflowInput(definition, { a: null, b: { d: 3 }, e: 4 })).toEqual({ a: 1, b: { d: 3 }, e: 4 });
});
