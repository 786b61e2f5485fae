// Definitions through Conductor's JavaScript SDK.
import { TaskType, type MetadataClient } from "@io-orkes/conductor-javascript";
import { expect, test } from "vitest";
import { openConductorSdk } from "./support/open-conductor-sdk.js";

type WorkflowDef = Parameters<MetadataClient["registerWorkflowDef"]>[0];

const greets = (version: number, message: string): WorkflowDef => ({
  ...{ name: "greets", version, timeoutSeconds: 0, description: message },
  tasks: [
    {
      ...{ name: "greet", taskReferenceName: "greet_ref", type: TaskType.INLINE },
      inputParameters: { expression: `"${message}"`, evaluatorType: "javascript" },
    },
  ],
});

test("workflow definitions are registered, read by version, overwritten on request, listed and removed", async () => {
  const { metadata } = await openConductorSdk({ runs: false });
  await metadata.registerWorkflowDef(greets(1, "hello"));
  await metadata.registerWorkflowDef(greets(2, "hi"));
  await expect(metadata.registerWorkflowDef(greets(2, "hey"))).rejects.toThrow(
    /^Failed to register workflow definition: .*greets/,
  );
  expect(await metadata.getWorkflowDef("greets")).toMatchObject({ version: 2, description: "hi" });
  await metadata.registerWorkflowDef(greets(2, "hey"), true);
  expect(await metadata.getWorkflowDef("greets", 2)).toMatchObject({
    ...{ description: "hey", schemaVersion: 2, restartable: true },
    createTime: expect.any(Number) as number,
  });
  expect(await metadata.getWorkflowDef("greets", 1)).toMatchObject({ version: 1, description: "hello" });

  const all = await metadata.getAllWorkflowDefs();
  expect(all.map(({ version }) => version).sort()).toEqual([1, 2]);
  await metadata.unregisterWorkflow("greets", 2);
  expect(await metadata.getWorkflowDef("greets")).toMatchObject({ version: 1 });
  await expect(metadata.getWorkflowDef("greets", 2)).rejects.toThrow(/'greets': .*greets/);
  await expect(metadata.unregisterWorkflow("greets", 2)).rejects.toThrow(/'greets': .*greets/);
});

test("the SDK tells what is wrong with a definition", async () => {
  const { metadata } = await openConductorSdk({ runs: false });
  const registered = metadata.registerWorkflowDef({ name: "empty", tasks: [], timeoutSeconds: 0 });
  await expect(registered).rejects.toThrow(
    "Failed to register workflow definition: Validation failed, check below errors for detail.",
  );
});

test("task definitions are registered, replaced, listed and removed", async () => {
  const { metadata } = await openConductorSdk({ runs: false });
  await metadata.registerTasks([
    { name: "charge", retryCount: 1, timeoutSeconds: 60, totalTimeoutSeconds: 0, responseTimeoutSeconds: 30 },
    { name: "ship", timeoutSeconds: 0, totalTimeoutSeconds: 0 },
  ]);
  expect(await metadata.getTask("charge")).toMatchObject({ retryCount: 1, retryLogic: "FIXED" });
  await metadata.registerTask({ name: "charge", retryCount: 2, timeoutSeconds: 0, totalTimeoutSeconds: 0 });
  expect(await metadata.getTask("charge")).toMatchObject({ retryCount: 2 });
  await metadata.updateTask({ name: "charge", retryCount: 3, timeoutSeconds: 0, totalTimeoutSeconds: 0 });
  expect(await metadata.getTask("charge")).toMatchObject({ retryCount: 3, responseTimeoutSeconds: 3600 });
  const names = (await metadata.getAllTaskDefs()).map(({ name }) => name);
  expect(names.sort()).toEqual(["charge", "ship"]);

  await metadata.unregisterTask("ship");
  await expect(metadata.getTask("ship")).rejects.toThrow(/^Failed to get task 'ship': .*ship/);
  await expect(metadata.unregisterTask("ship")).rejects.toThrow(/'ship': .*ship/);
  await expect(
    metadata.updateTask({ name: "ship", timeoutSeconds: 0, totalTimeoutSeconds: 0 }),
  ).rejects.toThrow(/^Failed to update task definition: .*ship/);
  await expect(
    metadata.registerTask({
      name: "odd",
      timeoutSeconds: 5,
      responseTimeoutSeconds: 9,
      totalTimeoutSeconds: 0,
    }),
  ).rejects.toThrow("Validation failed");
});

test("the SDK tells that a method has no route here", async () => {
  const { executor, metadata } = await openConductorSdk({ runs: false });
  await expect(metadata.getWorkflowRateLimit("greets")).rejects.toThrow("there is no GET of this path");
  const tag = metadata.addTaskTag({ key: "team", value: "orders" }, "charge");
  await expect(tag).rejects.toThrow("Failed to add tag to task 'charge': there is no such path");
  await expect(executor.testWorkflow({ name: "greets" })).rejects.toThrow(/^Failed to test workflow: .*test/);
});
