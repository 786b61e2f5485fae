// Executions through Conductor's JavaScript SDK: its builders, its executor, its way to read replies.
import {
  Consistency,
  ConductorWorkflow,
  httpTask,
  inlineTask,
  ReturnStrategy,
  setVariableTask,
  switchTask,
  TaskResultStatusEnum,
  waitTaskDuration,
} from "@io-orkes/conductor-javascript";
import { waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { localService } from "./support/local-service.js";
import { inStatus, openConductorSdk, registerWait, signalWait } from "./support/open-conductor-sdk.js";

test("what the SDK builds is registered and run, and its result is what the SDK awaits", async () => {
  const { executor } = await openConductorSdk();
  const left = {
    ...inlineTask("left", "$.a + 1"),
    inputParameters: { a: "${workflow.input.a}", expression: "$.a + 1", evaluatorType: "javascript" },
  };
  const built = new ConductorWorkflow(executor, "branches", 3, "two branches and a choice")
    .fork([[left], [setVariableTask("right", { seen: "${workflow.input.a}" })]])
    .add(switchTask("choose", "${left.output.result}", { "42": [inlineTask("big", "'forty-two'")] }, []))
    .outputParameters({
      sum: "${left.output.result}",
      seen: "${workflow.variables.seen}",
      word: "${big.output.result}",
    });
  await built.register();
  const run = await built.execute({ a: 41 });
  expect(run).toMatchObject({ status: "COMPLETED", output: { sum: 42, seen: 41, word: "forty-two" } });
  const execution = await executor.getExecution(String(run.workflowId));
  expect(execution).toMatchObject({ workflowName: "branches", workflowVersion: 3, input: { a: 41 } });
  expect(execution.tasks?.map(({ referenceTaskName }) => referenceTaskName)).toEqual([
    ...["__fork_1", "left", "right", "__join_1", "choose", "big"],
  ]);
});

describe("a workflow that waits for a signal", () => {
  test("by async completion: an HTTP task that was answered waits until somebody completes it", async () => {
    const { url, host } = await localService({ fine: true });
    const { executor } = await openConductorSdk({
      system: { http: { allowedHosts: [host], allowedPorts: [Number(host.split(":")[1])] } },
    });
    const call = httpTask("http_task_85tf2_ref", { uri: url, method: "GET", connectionTimeOut: 3000 }, true);
    await new ConductorWorkflow(executor, "async_complete_example").add(call).register();
    const workflowId = await executor.startWorkflow({ name: "async_complete_example" });
    const answered = await waitFor(
      async () => {
        const [task] = (await executor.getWorkflow(workflowId, true)).tasks ?? [];
        return task?.outputData?.["response"] === undefined ? undefined : task;
      },
      { description: "the service has answered" },
    );
    expect(answered).toMatchObject({ status: "IN_PROGRESS", outputData: { response: { statusCode: 200 } } });

    const taskId = await executor.updateTaskByRefName("http_task_85tf2_ref", workflowId, "COMPLETED", {
      by: "me",
    });
    expect(taskId).toBe(answered.taskId);
    const ended = await inStatus(executor, workflowId, "COMPLETED");
    expect(ended.output).toMatchObject({ by: "me", response: { statusCode: 200 } });
  });

  test("by a WAIT task, to which the SDK sends signals", async () => {
    const { executor } = await openConductorSdk();
    await registerWait(executor);
    const workflowId = await executor.startWorkflow({ name: "waits", correlationId: "order-7" });
    const reply = await executor.signal(workflowId, TaskResultStatusEnum.COMPLETED, { approved: true });
    expect(reply.isTargetWorkflow()).toBe(true);
    expect(reply.isTerminal()).toBe(true);
    // The SDK sends what is given to `signal` under `taskOutput`, and so it is kept.
    expect(reply.getWorkflow()).toMatchObject({
      ...{ workflowId, status: "COMPLETED" },
      output: { answer: { taskOutput: { approved: true } } },
    });

    const second = await executor.startWorkflow({ name: "waits" });
    await executor.signalAsync(second, TaskResultStatusEnum.FAILED, { why: "no" });
    expect(await inStatus(executor, second, "FAILED")).toMatchObject({ tasks: [{ status: "FAILED" }] });
    await expect(executor.signalAsync("nobody", TaskResultStatusEnum.COMPLETED, {})).rejects.toThrow(
      /nobody/,
    );
  });

  test("by updates of a task by id, by reference name and in one call with the result", async () => {
    const { executor, tasks } = await openConductorSdk();
    await registerWait(executor);
    const start = async () => {
      const workflowId = await executor.startWorkflow({ name: "waits" });
      const [task] = (await executor.getExecution(workflowId)).tasks ?? [];
      return { workflowId, taskId: String(task?.taskId) };
    };
    const byId = await start();
    expect(await tasks.getTask(byId.taskId)).toMatchObject({
      taskType: "WAIT",
      workflowInstanceId: byId.workflowId,
    });
    expect(await executor.getTask(byId.taskId)).toMatchObject({ status: "IN_PROGRESS" });
    expect(await executor.updateTask(byId.taskId, byId.workflowId, "COMPLETED", { n: 1 })).toBe(byId.taskId);
    expect(await inStatus(executor, byId.workflowId, "COMPLETED")).toMatchObject({
      output: { answer: { n: 1 } },
    });
    expect(await executor.updateTask(byId.taskId, byId.workflowId, "FAILED", {}), "a repeated upload").toBe(
      byId.taskId,
    );
    expect(await tasks.getTask(byId.taskId)).toMatchObject({ status: "COMPLETED", outputData: { n: 1 } });

    const byName = await start();
    expect(await tasks.updateTaskResult(byName.workflowId, "answer", "COMPLETED", { n: 2 })).toBe(
      byName.taskId,
    );
    const ended = await inStatus(executor, byName.workflowId, "COMPLETED");
    expect(ended.output).toEqual({ answer: { outputData: { n: 2 } } });

    const atOnce = await start();
    const { COMPLETED } = TaskResultStatusEnum;
    expect(await executor.updateTaskSync("answer", atOnce.workflowId, COMPLETED, { n: 3 })).toMatchObject({
      ...{ workflowId: atOnce.workflowId, status: "COMPLETED" },
      output: { answer: { taskOutput: { n: 3 } } },
    });
    const direct = await start();
    expect(await tasks.updateTaskSync(direct.workflowId, "answer", "COMPLETED", { n: 4 })).toMatchObject({
      output: { answer: { n: 4 } },
    });
    await expect(tasks.getTask("no-such-task")).rejects.toThrow(
      /^Failed to get task 'no-such-task': .*no-such-task/,
    );
  });
});

test("executeWorkflow answers with what blocks, as the return strategy says", async () => {
  const { executor } = await openConductorSdk();
  await registerWait(executor);
  const execute = (strategy: ReturnStrategy) =>
    executor.executeWorkflow(
      { name: "waits", input: { n: 7 } },
      "waits",
      1,
      "request-1",
      "",
      10,
      Consistency.DURABLE,
      strategy,
    );
  const target = await execute(ReturnStrategy.TARGET_WORKFLOW);
  expect(target).toMatchObject({ status: "RUNNING", input: { n: 7 }, requestId: "request-1" });
  expect(target.getWorkflow().tasks).toMatchObject([{ referenceTaskName: "answer", status: "IN_PROGRESS" }]);
  const blocking = await execute(ReturnStrategy.BLOCKING_TASK);
  expect(blocking.isBlockingTask()).toBe(true);
  expect(blocking.getBlockingTask()).toMatchObject({ referenceTaskName: "answer", taskType: "WAIT" });
  const input = await execute(ReturnStrategy.BLOCKING_TASK_INPUT);
  expect(input.isBlockingTaskInput()).toBe(true);
  expect(input.getTaskInput()).toEqual(expect.any(Object));
  const workflow = await execute(ReturnStrategy.BLOCKING_WORKFLOW);
  expect(workflow.isBlockingWorkflow()).toBe(true);
  expect(workflow.getTargetWorkflowId()).toBe(workflow.getWorkflowId());
});

test("an execution is paused, resumed, skipped over, ended and removed", async () => {
  const { executor } = await openConductorSdk();
  const built = new ConductorWorkflow(executor, "two").add(signalWait("first")).add(signalWait("second"));
  await built.register();
  const workflowId = await built.startWorkflow({}, "order-7", 5);
  await executor.pause(workflowId);
  expect(await executor.getWorkflowStatus(workflowId, false, false)).toMatchObject({
    ...{ workflowId, status: "PAUSED", correlationId: "order-7" },
  });
  await executor.updateTaskByRefName("first", workflowId, "COMPLETED", {});
  expect((await executor.getExecution(workflowId)).tasks, "nothing new while it is paused").toHaveLength(1);
  await executor.skipTasksFromWorkflow(workflowId, "second", { taskOutput: { skipped: true } });
  await executor.resume(workflowId);
  const ended = await inStatus(executor, workflowId, "COMPLETED");
  expect(ended.tasks?.[1]).toMatchObject({ status: "SKIPPED", outputData: { skipped: true } });
  await expect(executor.resume(workflowId)).rejects.toThrow(`Failed to resume workflow '${workflowId}': `);

  const [another] = await Promise.all(executor.startWorkflows([{ name: "two" }]));
  await executor.terminate(String(another), "not needed");
  const { status, reasonForIncompletion, tasks } = await executor.getWorkflow(String(another), true);
  expect({ status, reasonForIncompletion }).toEqual({
    status: "TERMINATED",
    reasonForIncompletion: "not needed",
  });
  expect(tasks).toMatchObject([{ status: "CANCELED" }]);
  await executor.deleteWorkflow(String(another));
  await expect(executor.getWorkflow(String(another), false)).rejects.toThrow(`Failed to get workflow: `);
  await expect(executor.terminate(String(another), "again")).rejects.toThrow(String(another));
});

test("a workflow is started by name, with a timer that the SDK's builder wrote", async () => {
  const { executor } = await openConductorSdk();
  await new ConductorWorkflow(executor, "later").add(waitTaskDuration("pause", "1s")).register();
  const workflowId = await executor.startWorkflowByName("later", { n: 1 }, 1, "order-8", 3);
  expect(await inStatus(executor, workflowId, "COMPLETED")).toMatchObject({
    ...{ correlationId: "order-8", priority: 3, input: { n: 1 } },
    tasks: [{ taskType: "WAIT", status: "COMPLETED" }],
  });
  await expect(executor.startWorkflow({ name: "nobody" })).rejects.toThrow(
    /^Failed to start workflow: .*nobody/,
  );
});
