// A sub-workflow is ended by itself, and its parent hears of it.
import { conductorWorkflow, replayedExecution, terminateExecution, workflowDef } from "@heddle/conductor";
import { TestEnvironment } from "@heddle/testing";
import { expect, test } from "vitest";

const child = { name: "child", tasks: [{ name: "ask", taskReferenceName: "ask", type: "HUMAN" }] };

test.each([
  [{ optional: false }, "TERMINATED", "CANCELED"],
  [{ optional: true }, "COMPLETED", "COMPLETED_WITH_ERRORS"],
])("it is terminated, and of its task is said %j: the parent is %s", async (flags, status, ofTask) => {
  await using env = await TestEnvironment.create({ workflows: [conductorWorkflow] });
  const sub = {
    ...{ name: "sub", taskReferenceName: "sub", type: "SUB_WORKFLOW", ...flags },
    subWorkflowParam: { workflowDefinition: child },
  };
  const definition = workflowDef.parse({ name: "parent", tasks: [sub] });
  const handle = await env.engine.start("conductor.workflow", { definition });
  const shown = async () => replayedExecution(await handle.exportHistory());
  await env.settle();
  const { tasks } = (await shown()) as { tasks: { subWorkflowId: string }[] };
  const childId = tasks[0]?.subWorkflowId ?? "";
  await env.engine.getHandle(childId).update(terminateExecution, { reason: "enough" });
  await env.settle();
  const reason = `Sub workflow child.1/${childId} failure reason: enough`;
  expect(await shown()).toMatchObject({ status, tasks: [{ status: ofTask, reasonForIncompletion: reason }] });
});
