// Executions that have ended go on, and open ones are changed, through Conductor's JavaScript SDK.
import { ConductorWorkflow, setVariableTask, TaskResultStatusEnum } from "@io-orkes/conductor-javascript";
import { expect, test } from "vitest";
import { inStatus, openConductorSdk, registerWait, signalWait } from "./support/open-conductor-sdk.js";

const { COMPLETED, FAILED_WITH_TERMINAL_ERROR } = TaskResultStatusEnum;

test("a failed execution is retried and restarted under its id", async () => {
  const { executor } = await openConductorSdk();
  await registerWait(executor);
  const workflowId = await executor.startWorkflow({ name: "waits", input: { n: 1 } });
  await expect(executor.retry(workflowId, false)).rejects.toThrow(
    `Failed to retry workflow '${workflowId}': `,
  );
  await expect(executor.restart(workflowId, false)).rejects.toThrow(workflowId);
  await executor.signal(workflowId, FAILED_WITH_TERMINAL_ERROR, {});
  await inStatus(executor, workflowId, "FAILED");

  await executor.retry(workflowId, false);
  const retried = await inStatus(executor, workflowId, "RUNNING");
  expect(retried.tasks).toMatchObject([
    { referenceTaskName: "answer", status: "FAILED_WITH_TERMINAL_ERROR", retried: true },
    { referenceTaskName: "answer", status: "IN_PROGRESS", retriedTaskId: retried.tasks?.[0]?.taskId },
  ]);
  await executor.updateTaskByRefName("answer", workflowId, "COMPLETED", { n: 2 });
  expect(await inStatus(executor, workflowId, "COMPLETED")).toMatchObject({ output: { answer: { n: 2 } } });

  await executor.restart(workflowId, true);
  const restarted = await inStatus(executor, workflowId, "RUNNING");
  expect(restarted).toMatchObject({ workflowId, input: { n: 1 }, tasks: [{ status: "IN_PROGRESS" }] });
});

test("an execution is rerun from a task and taken back to the last one of a kind", async () => {
  const { executor } = await openConductorSdk();
  const built = new ConductorWorkflow(executor, "steps")
    .add(setVariableTask("note", { n: "${workflow.input.n}" }))
    .add(signalWait("answer"))
    .outputParameter("n", "${workflow.variables.n}");
  await built.register();
  const workflowId = await built.startWorkflow({ n: 1 });
  await executor.signal(workflowId, COMPLETED, {});
  const ended = await inStatus(executor, workflowId, "COMPLETED");
  const first = String(ended.tasks?.[0]?.taskId);
  const reran = await executor.reRun(workflowId, { reRunFromTaskId: first, taskInput: { n: 5 } });
  expect(reran).toBe(workflowId);
  await inStatus(executor, workflowId, "RUNNING");
  await executor.signal(workflowId, COMPLETED, {});
  expect(await inStatus(executor, workflowId, "COMPLETED")).toMatchObject({ output: { n: 5 } });

  await executor.goBackToTask(workflowId, ({ taskType }) => taskType === "WAIT");
  const back = await inStatus(executor, workflowId, "RUNNING");
  expect(back.tasks).toMatchObject([{ status: "COMPLETED" }, { status: "IN_PROGRESS" }]);
  await executor.terminate(workflowId, "enough");
  await expect(executor.reRun(workflowId, { reRunFromTaskId: "none" })).rejects.toThrow(/none/);
});

test("variables and state of an open execution are changed", async () => {
  const { executor } = await openConductorSdk();
  await new ConductorWorkflow(executor, "stateful")
    .add(signalWait("answer"))
    .variables({ a: 1 })
    .outputParameters({ all: "${workflow.variables}", answer: "${answer.output.n}" })
    .register();
  const workflowId = await executor.startWorkflow({ name: "stateful" });
  expect(await executor.updateVariables(workflowId, { b: 2 })).toMatchObject({ variables: { a: 1, b: 2 } });
  const state = {
    taskReferenceName: "answer",
    taskResult: { taskId: "", workflowInstanceId: workflowId, status: COMPLETED, outputData: { n: 3 } },
    variables: { c: 3 },
  };
  const run = await executor.updateState(workflowId, state, "request-1", "answer", 5);
  expect(run).toMatchObject({ workflowId, status: "COMPLETED" });
  expect(await inStatus(executor, workflowId, "COMPLETED")).toMatchObject({
    output: { all: { a: 1, b: 2, c: 3 }, answer: 3 },
  });
});

test("a start with an idempotency key finds the execution that it had started", async () => {
  const { executor } = await openConductorSdk();
  await registerWait(executor);
  const request = {
    name: "waits",
    idempotencyKey: "order-7",
    idempotencyStrategy: "RETURN_EXISTING" as const,
  };
  const workflowId = await executor.startWorkflow(request);
  expect(await executor.startWorkflow(request)).toBe(workflowId);
  await expect(executor.startWorkflow({ ...request, idempotencyStrategy: "FAIL" })).rejects.toThrow(
    /^Failed to start workflow: .*/,
  );
});
