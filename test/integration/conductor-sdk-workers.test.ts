// Workers of Conductor's JavaScript SDK: they poll, run and upload as they do at any Conductor server.
import {
  ConductorWorkflow,
  getTaskContext,
  noopLogger,
  NonRetryableException,
  simpleTask,
  TaskHandler,
  TaskManager,
  type ConductorWorker,
} from "@io-orkes/conductor-javascript";
import { waitFor } from "@heddle/testkit";
import { expect, onTestFinished, test, vi } from "vitest";
import { inStatus, openConductorSdk } from "./support/open-conductor-sdk.js";

type Sdk = Awaited<ReturnType<typeof openConductorSdk>>;
type Options = NonNullable<NonNullable<ConstructorParameters<typeof TaskManager>[2]>["options"]>;

/** A manager that polls until the test ends. */
function work({ client }: Sdk, workers: ConductorWorker[], options: Options = {}): TaskManager {
  // In CI the runners print each upload.
  const print = vi.spyOn(console, "log").mockReturnValue();
  const manager = new TaskManager(client, workers, {
    logger: noopLogger,
    options: { workerID: "worker-1", pollInterval: 20, ...options },
  });
  onTestFinished(async () => {
    await manager.stopPolling();
    print.mockRestore();
  });
  manager.startPolling();
  return manager;
}

async function register({ executor }: Sdk, name: string, ...types: string[]): Promise<void> {
  const tasks = types.map((type, at) => simpleTask(`${type}_${at}`, type, { n: "${workflow.input.n}" }));
  await new ConductorWorkflow(executor, name).add(tasks).register();
}

test("a worker polls tasks in batches, does several at once and uploads their output", async () => {
  const sdk = await openConductorSdk();
  await register(sdk, "doubles", "double", "double");
  const most = { atOnce: 0, now: 0 };
  work(
    sdk,
    [
      {
        taskDefName: "double",
        execute: async ({ inputData }) => {
          most.now += 1;
          most.atOnce = Math.max(most.atOnce, most.now);
          await waitFor(() => most.atOnce > 1, { description: "two tasks are done at once" });
          most.now -= 1;
          return { status: "COMPLETED", outputData: { doubled: 2 * Number(inputData?.["n"]) } };
        },
      },
    ],
    { concurrency: 4 },
  );
  const ids = await Promise.all(
    [1, 2, 3].map((n) => sdk.executor.startWorkflow({ name: "doubles", input: { n } })),
  );
  const ended = await Promise.all(ids.map((id) => inStatus(sdk.executor, id, "COMPLETED")));
  expect(ended.map(({ output }) => output?.["doubled"])).toEqual([2, 4, 6]);
  expect(ended[0]?.tasks?.[0]).toMatchObject({ taskType: "double", workerId: "worker-1", pollCount: 1 });
  expect(await sdk.tasks.getTaskPollData("double")).toMatchObject([
    { queueName: "double", workerId: "worker-1" },
  ]);
});

test("a task that fails is tried again, one that fails for good is not, and both tell why", async () => {
  const sdk = await openConductorSdk();
  await sdk.metadata.registerTasks([
    { name: "flaky", retryCount: 2, retryDelaySeconds: 0, timeoutSeconds: 0, totalTimeoutSeconds: 0 },
    { name: "hopeless", retryCount: 2, retryDelaySeconds: 0, timeoutSeconds: 0, totalTimeoutSeconds: 0 },
  ]);
  await register(sdk, "tries", "flaky", "hopeless");
  work(sdk, [
    {
      taskDefName: "flaky",
      execute: ({ retryCount }) => {
        if (retryCount === 0) throw new Error("not yet");
        getTaskContext()?.addLog("second try");
        return Promise.resolve({ status: "COMPLETED" });
      },
    },
    {
      taskDefName: "hopeless",
      execute: () => {
        throw new NonRetryableException("never");
      },
    },
  ]);
  const workflowId = await sdk.executor.startWorkflow({ name: "tries", input: { n: 1 } });
  const { tasks = [] } = await inStatus(sdk.executor, workflowId, "FAILED");
  expect(tasks).toMatchObject([
    { taskDefName: "flaky", status: "FAILED", reasonForIncompletion: "not yet", retried: true },
    { taskDefName: "flaky", status: "COMPLETED", retryCount: 1 },
    { taskDefName: "hopeless", status: "FAILED_WITH_TERMINAL_ERROR", reasonForIncompletion: "never" },
  ]);
  const taskId = String(tasks[1]?.taskId);
  expect(await sdk.tasks.getTaskLogs(taskId)).toMatchObject([{ log: "second try", taskId }]);
  await sdk.tasks.addTaskLog(taskId, 'said "later"');
  expect((await sdk.tasks.getTaskLogs(taskId)).map(({ log }) => log)).toEqual(["second try", 'said "later"']);
});

test("a task that is given back for a while is polled again, with the output it had", async () => {
  const sdk = await openConductorSdk();
  await register(sdk, "slow", "slow");
  work(sdk, [
    {
      taskDefName: "slow",
      execute: ({ pollCount = 0, outputData }) =>
        Promise.resolve(
          pollCount < 2
            ? { status: "IN_PROGRESS", callbackAfterSeconds: 1, outputData: { half: true } }
            : { status: "COMPLETED", outputData: { ...outputData, whole: true } },
        ),
    },
  ]);
  const workflowId = await sdk.executor.startWorkflow({ name: "slow" });
  expect(await inStatus(sdk.executor, workflowId, "COMPLETED")).toMatchObject({
    output: { half: true, whole: true },
    tasks: [{ pollCount: 2 }],
  });
});

test("workers of a domain get the tasks that a start sends there", async () => {
  const sdk = await openConductorSdk();
  await register(sdk, "placed", "place");
  const workflowId = await sdk.executor.startWorkflow({ name: "placed", taskToDomain: { place: "east" } });
  await waitFor(async () => (await sdk.tasks.getQueueSizeForTask(["east:place"]))["east:place"] === 1, {
    description: "the task waits in the queue of its domain",
  });
  const execute = () => Promise.resolve({ status: "COMPLETED" as const, outputData: { where: "east" } });
  work(sdk, [{ taskDefName: "place", domain: "east", execute }]);
  expect(await inStatus(sdk.executor, workflowId, "COMPLETED")).toMatchObject({
    output: { where: "east" },
    tasks: [{ domain: "east" }],
  });
});

test("a task whose worker extends its lease outlives its response timeout", async () => {
  const sdk = await openConductorSdk();
  const timeouts = { responseTimeoutSeconds: 2, timeoutSeconds: 60, totalTimeoutSeconds: 0 };
  await sdk.metadata.registerTask({ name: "long", retryCount: 0, ...timeouts });
  await register(sdk, "longer", "long");
  const startedMs = Date.now();
  work(sdk, [
    {
      taskDefName: "long",
      leaseExtendEnabled: true,
      execute: async () => {
        await waitFor(() => Date.now() - startedMs > 4_000, { description: "two timeouts have passed" });
        return { status: "COMPLETED" };
      },
    },
  ]);
  const workflowId = await sdk.executor.startWorkflow({ name: "longer" });
  expect(await inStatus(sdk.executor, workflowId, "COMPLETED")).toMatchObject({ tasks: [{ retryCount: 0 }] });
});

test("a handler starts workers, and its result goes by the update that answers with the next task", async () => {
  const sdk = await openConductorSdk();
  await register(sdk, "chain", "link", "link", "link");
  const print = vi.spyOn(console, "log").mockReturnValue();
  const worker: ConductorWorker = {
    taskDefName: "link",
    pollInterval: 20,
    execute: ({ referenceTaskName }) =>
      Promise.resolve({ status: "COMPLETED", outputData: { last: referenceTaskName } }),
  };
  const { client } = sdk;
  const handler = await TaskHandler.create({ client, workers: [worker], logger: noopLogger });
  onTestFinished(async () => {
    await handler.stopWorkers();
    print.mockRestore();
  });
  await handler.startWorkers();
  const workflowId = await sdk.executor.startWorkflow({ name: "chain", input: { n: 1 } });
  const ended = await inStatus(sdk.executor, workflowId, "COMPLETED");
  expect(ended).toMatchObject({ output: { last: "link_2" }, tasks: [{}, {}, { pollCount: 1 }] });
  const printed = print.mock.calls.flat().join("\n");
  expect(printed, "the newer way to upload is there").not.toContain("falling back");
});
