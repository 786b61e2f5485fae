// Search and schedules through Conductor's JavaScript SDK.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openConductorSdk, registerWait } from "./support/open-conductor-sdk.js";

test("executions and tasks are found by queries and by correlation id", async () => {
  const { executor, tasks } = await openConductorSdk();
  await registerWait(executor);
  const first = await executor.startWorkflow({ name: "waits", correlationId: "order-7", input: { n: 1 } });
  const second = await executor.startWorkflow({ name: "waits", correlationId: "order-8" });
  await executor.terminate(second, "not needed");
  const search = async (query: string) => {
    const { results = [] } = await executor.search(0, 10, query, "*", "startTime:ASC");
    return results.map(({ workflowId }) => workflowId);
  };
  await waitFor(async () => (await search('status = "TERMINATED"')).length === 1, {
    description: "the search knows that one has ended",
  });
  expect(await search(`workflowId="${first}"`)).toEqual([first]);
  expect(await search("workflowType = waits AND status IN (RUNNING,TERMINATED)")).toEqual([first, second]);
  const { totalHits, results } = await executor.search(0, 1, 'correlationId = "order-7"', "*");
  expect(totalHits).toBe(1);
  expect(results).toMatchObject([
    { workflowId: first, workflowType: "waits", version: 1, status: "RUNNING", input: '{"n":1}' },
  ]);
  await expect(search("color = blue")).rejects.toThrow(/^Failed to search workflows: .*color/);

  const found = await tasks.search(0, 10, "", "*", `workflowId = "${first}"`);
  expect(found).toMatchObject({ totalHits: 1, results: [{ taskType: "WAIT", status: "IN_PROGRESS" }] });

  const ids = { workflowNames: ["waits"], correlationIds: ["order-7", "order-8"] };
  expect(await executor.getByCorrelationIds(ids)).toMatchObject({
    "order-7": [{ workflowId: first }],
    "order-8": [],
  });
  expect(await executor.getByCorrelationIds(ids, true, true)).toMatchObject({
    "order-8": [{ workflowId: second, tasks: [{ status: "CANCELED" }] }],
  });
});

test("schedules are saved, read, paused, resumed, tagged and deleted, and start executions", async () => {
  const { executor, scheduler } = await openConductorSdk();
  await registerWait(executor);
  const startWorkflowRequest = { name: "waits", input: { by: "schedule" } };
  await scheduler.saveSchedule({ name: "often", cronExpression: "* * * * * *", startWorkflowRequest });
  await scheduler.saveSchedule({
    name: "never",
    cronExpression: "0 0 0 1 1 *",
    paused: true,
    startWorkflowRequest,
  });
  const started = await waitFor(
    async () => {
      const { results = [] } = await executor.search(0, 10, "workflowType = waits", "*");
      return results[0];
    },
    { description: "a tick has started an execution" },
  );
  expect(started).toMatchObject({ workflowType: "waits", status: "RUNNING" });
  await scheduler.pauseSchedule("often");
  expect(await scheduler.getSchedule("often")).toMatchObject({ paused: true, zoneId: "UTC" });
  await scheduler.resumeSchedule("often");
  expect(await scheduler.getSchedule("often")).toMatchObject({ paused: false });
  expect((await scheduler.getAllSchedules("waits")).map(({ name }) => name).sort()).toEqual([
    "never",
    "often",
  ]);
  await scheduler.pauseAllSchedules();
  expect(await scheduler.getSchedule("often")).toMatchObject({ paused: true });
  await scheduler.resumeAllSchedules();
  await scheduler.requeueAllExecutionRecords();
  expect(await scheduler.search(0, 10)).toMatchObject({ results: expect.any(Array) as unknown[] });

  await scheduler.setSchedulerTags([{ key: "team", value: "orders" }], "never");
  expect(await scheduler.getSchedulerTags("never")).toMatchObject([{ key: "team", value: "orders" }]);
  await scheduler.deleteSchedulerTags([{ key: "team", value: "orders" }], "never");
  expect(await scheduler.getSchedulerTags("never")).toEqual([]);

  const newYear = Date.UTC(2030, 0, 1);
  expect(await scheduler.getNextFewSchedules("0 0 12 * * *", newYear, undefined, 2)).toEqual([
    newYear + 12 * 3_600_000,
    newYear + 36 * 3_600_000,
  ]);
  await scheduler.deleteSchedule("often");
  await expect(scheduler.getSchedule("often")).rejects.toThrow(/^Failed to get schedule 'often': .*often/);
  await expect(
    scheduler.saveSchedule({ name: "odd", cronExpression: "every day", startWorkflowRequest }),
  ).rejects.toThrow(/^Failed to save schedule: /);
});
