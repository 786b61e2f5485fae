// Event handlers through Conductor's JavaScript SDK.
import { ConductorWorkflow, conductorEventTask, setVariableTask } from "@io-orkes/conductor-javascript";
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { inStatus, openConductorSdk, registerWait } from "./support/open-conductor-sdk.js";

const starts = {
  name: "starts_shipping",
  event: "conductor:orders:placed",
  active: true,
  actions: [
    { action: "start_workflow" as const, start_workflow: { name: "waits", correlationId: "${orderId}" } },
  ],
};

test("event handlers are added, read, replaced, listed and removed", async () => {
  const { events } = await openConductorSdk({ runs: false });
  await events.addEventHandler(starts);
  await expect(events.addEventHandler(starts)).rejects.toThrow(
    /^Failed to add event handler: .*starts_shipping/,
  );
  expect(await events.getEventHandlerByName("starts_shipping")).toMatchObject(starts);
  await events.updateEventHandler({ ...starts, active: false });
  expect(await events.getEventHandlersForEvent(starts.event, false)).toMatchObject([{ active: false }]);
  expect(await events.getEventHandlersForEvent(starts.event, true)).toEqual([]);
  await events.addEventHandlers([{ ...starts, name: "other" }]);
  const names = (await events.getAllEventHandlers()).map(({ name }) => name);
  expect(names.sort()).toEqual(["other", "starts_shipping"]);
  await events.removeEventHandler("other");
  await expect(events.removeEventHandler("other")).rejects.toThrow(/handler: other: .*other/);
  await expect(events.getEventHandlerByName("other")).rejects.toThrow(/by name other: .*other/);
  await expect(events.updateEventHandler({ ...starts, name: "other" })).rejects.toThrow(/other/);
});

test("an EVENT task and a message that comes in start what their handlers say", async () => {
  const { executor, events } = await openConductorSdk();
  await registerWait(executor);
  await events.addEventHandler({
    ...starts,
    actions: [{ action: "start_workflow", start_workflow: { name: "waits", input: { order: "${order}" } } }],
  });
  await new ConductorWorkflow(executor, "orders")
    .add(setVariableTask("note", { n: 1 }))
    .add({
      ...conductorEventTask("placed", "placed"),
      inputParameters: { order: "${workflow.input.order}" },
    })
    .register();
  const workflowId = await executor.startWorkflow({ name: "orders", input: { order: 7 } });
  expect(await inStatus(executor, workflowId, "COMPLETED")).toMatchObject({
    tasks: [{}, { taskType: "EVENT", outputData: { event_produced: "conductor:orders:placed" } }],
  });
  await events.handleIncomingEvent({ event: "conductor:orders:placed", order: "8" });
  const executions = await waitFor(
    async () => {
      const all = await events.getEventExecutions("starts_shipping");
      return all.length === 2 && all.every(({ status }) => status === "COMPLETED") ? all : undefined;
    },
    { description: "both messages are handled" },
  );
  const started = executions.map(({ output }) => String((output as Record<string, unknown>)["workflowId"]));
  const inputs = await Promise.all(
    started.map(async (id) => (await executor.getWorkflow(id, false)).input?.["order"]),
  );
  expect(new Set(inputs)).toEqual(new Set([7, "8"]));
  expect(await events.getEventMessages("conductor:orders:placed")).toHaveLength(2);
  expect(await events.getAllActiveEventHandlers()).toMatchObject({ totalHits: 1 });
  expect(await events.getEventHandlersWithStats()).toMatchObject({
    results: [{ name: "starts_shipping", numberOfMessages: 2 }],
  });
});
