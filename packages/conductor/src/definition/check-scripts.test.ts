import { expect, test } from "vitest";
import { checkScripts, type DefinitionScript } from "./check-scripts.js";
import { workflowDef } from "./workflow-def.js";

const bad = "((( ";
const good = "$.a > 1";

function flow(tasks: object[]): object {
  return {
    name: "flow",
    tasks: tasks.map((task, index) => ({ name: `n${index}`, taskReferenceName: `r${index}`, ...task })),
  };
}

async function pathsOf(tasks: object[]) {
  const asked: DefinitionScript[] = [];
  const errors = await checkScripts(workflowDef.parse(flow(tasks)), async (script) => {
    asked.push(script);
    return script.expression === bad ? "unexpected end" : undefined;
  });
  return { asked, errors, paths: errors.map(({ path }) => path) };
}

test("scripts that cannot be parsed are named, at any depth", async () => {
  const { paths, errors } = await pathsOf([
    { type: "SWITCH", evaluatorType: "javascript", expression: bad },
    { type: "SWITCH", evaluatorType: "graaljs", expression: bad },
    { type: "DECISION", caseExpression: bad },
    { type: "INLINE", inputParameters: { expression: bad } },
    { type: "LAMBDA", inputParameters: { scriptExpression: bad } },
    { type: "DO_WHILE", loopCondition: good, loopOver: [{ ...loop, loopCondition: bad }] },
    {
      type: "SUB_WORKFLOW",
      subWorkflowParam: { workflowDefinition: flow([{ type: "DECISION", caseExpression: bad }]) },
    },
  ]);
  expect(paths).toEqual([
    "tasks[0].expression",
    "tasks[1].expression",
    "tasks[2].caseExpression",
    "tasks[3].inputParameters.expression",
    "tasks[4].inputParameters.scriptExpression",
    "tasks[5].loopOver[0].loopCondition",
    "tasks[6].subWorkflowParam.workflowDefinition.tasks[0].caseExpression",
  ]);
  expect(errors[0]).toEqual({
    path: "tasks[0].expression",
    message: "Expression is not well formatted: unexpected end, taskType: SWITCH taskName: n0",
    invalidValue: bad,
  });
});

const loop = { name: "l", taskReferenceName: "l", type: "DO_WHILE" };

test("what is no script, or not known yet, is not asked about", async () => {
  const { asked } = await pathsOf([
    { type: "SWITCH", evaluatorType: "value-param", expression: bad },
    { type: "DO_WHILE", loopCondition: "" },
    { type: "INLINE", inputParameters: { evaluatorType: "value-param", expression: bad } },
    { type: "INLINE", inputParameters: { expression: "${workflow.input.script}" } },
    { type: "SIMPLE", expression: bad, loopCondition: bad },
    { type: "LAMBDA", inputParameters: { scriptExpression: "return 1" } },
  ]);
  expect(asked).toEqual([{ expression: "return 1", evaluator: "lambda" }]);
});
