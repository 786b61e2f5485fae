// Events of Conductor definitions: messages, the handlers that take them, and what their actions do.
import {
  conductorWorkflow,
  eventRunId,
  eventWorkflow,
  queryEventExecutions,
  queryExecution,
  updateTask,
  workflowDef,
} from "@heddle/conductor";
import { crashEverywhere } from "@heddle/testing";
import { waitFor } from "@heddle/testkit";
import { activity } from "heddle";
import { expect, test } from "vitest";
import { openConductorEvents } from "./support/open-conductor-events.js";

const SHIPPED = "conductor:orders:shipped";
const wait = (ref: string) => ({ name: ref, taskReferenceName: ref, type: "WAIT" });

test("an EVENT task's message starts a workflow and completes a task of another", async () => {
  const { start, runsOf, client } = await openConductorEvents({
    definitions: [
      {
        name: "orders",
        tasks: [
          {
            ...{ name: "tell", taskReferenceName: "tell", type: "EVENT", sink: "conductor:shipped" },
            inputParameters: { order: "${workflow.input.order}", approval: "${workflow.input.approval}" },
          },
        ],
      },
      {
        name: "invoice",
        tasks: [wait("never")],
      },
      { name: "approval", tasks: [wait("shipped")] },
    ],
    handlers: [
      {
        name: "on shipped",
        event: SHIPPED,
        condition: "$.order > 5",
        actions: [
          {
            action: "start_workflow",
            start_workflow: {
              name: "invoice",
              correlationId: "order-${order}",
              input: { of: "${order}", from: "${workflowInstanceId}" },
            },
          },
          {
            action: "complete_task",
            complete_task: {
              ...{ workflowId: "${approval}", taskRefName: "shipped" },
              output: { order: "${order}" },
            },
          },
        ],
      },
    ],
  });
  const approval = await start("approval");
  const order = await start("orders", { order: 7, approval });
  expect(await client.result(order)).toMatchObject({ event_produced: SHIPPED, order: 7 });

  const message = {
    "conductor.event.messageId": expect.any(String) as string,
    "conductor.event.name": SHIPPED,
  };
  expect(await client.result(approval)).toEqual({
    ...{ order: 7, workflowId: approval, taskRefName: "shipped" },
    ...message,
  });
  const [run] = await runsOf(SHIPPED);
  const executions = (await client.result(String(run))) as {
    action: string;
    output: { workflowId: string };
  }[];
  expect(executions).toMatchObject([
    { id: expect.stringMatching(/_0$/) as string, action: "start_workflow", status: "COMPLETED" },
    { id: expect.stringMatching(/_1$/) as string, action: "complete_task", status: "COMPLETED" },
  ]);
  const invoice = String(executions[0]?.output.workflowId);
  const started = await client.query(invoice, queryExecution.name);
  expect(started).toMatchObject({
    ...{ workflowName: "invoice", correlationId: "order-7", event: SHIPPED },
    input: { of: 7, from: order, ...message },
  });
});

test("of repeated messages one is handled, whoever sends them and whenever", async () => {
  const { publish, client, executionsOf } = await openConductorEvents({
    definitions: [{ name: "invoice", tasks: [wait("never")] }],
    handlers: [
      {
        ...{ name: "h", event: "kafka:orders" },
        actions: [{ action: "start_workflow", start_workflow: { name: "invoice" } }],
      },
    ],
  });
  const message = { event: "kafka:orders", messageId: "0-17", payload: {} };
  const accepted = await Promise.all(Array.from({ length: 8 }, () => publish(message)));
  expect(accepted.filter(Boolean)).toHaveLength(1);
  await executionsOf(message);
  expect(await publish(message)).toBe(false);
  expect(await publish({ ...message, event: "kafka:other" })).toBe(true);
  await executionsOf({ ...message, event: "kafka:other" });
  expect(await client.count({ type: "conductor.workflow" })).toBe(1);
});

test("a message that comes before the task it completes waits for it", async () => {
  const { start, publish, executionsOf, client } = await openConductorEvents({
    definitions: [{ name: "two", tasks: [wait("first"), wait("second")] }],
    handlers: [
      {
        ...{ name: "h", event: "kafka:done" },
        actions: [
          {
            action: "complete_task",
            complete_task: { workflowId: "${id}", taskRefName: "second", output: { by: "event" } },
          },
        ],
      },
    ],
  });
  const handle = await start("two");
  const message = { event: "kafka:done", messageId: "1", payload: { id: handle } };
  await publish(message);
  const run = eventRunId(message);
  await waitFor(async () => (await client.history(run)).some(({ kind }) => kind === "timer-fired"), {
    description: "the action has looked for the task more than once",
  });
  expect(await client.query(run, queryEventExecutions.name)).toMatchObject([{ status: "IN_PROGRESS" }]);
  await client.updates.execute(handle, updateTask.name, { taskReferenceName: "first", status: "COMPLETED" });
  expect(await client.result(handle)).toMatchObject({ by: "event" });
  expect(await executionsOf(message)).toMatchObject([
    { status: "COMPLETED", output: { outcome: "applied" } },
  ]);
});

test("tasks fail and workflows end by events; what cannot be done is told and stops nothing else", async () => {
  const act = (name: string, event: string, actions: object[]) => ({ name, event, actions });
  const { start, publish, executionsOf, client } = await openConductorEvents({
    definitions: [
      { name: "fails", tasks: [wait("w")] },
      { name: "ends", tasks: [wait("w")] },
    ],
    handlers: [
      {
        ...act("skipped", "e:x", [{ action: "start_workflow", start_workflow: { name: "none" } }]),
        condition: "false",
      },
      {
        ...act("broken", "e:x", [{ action: "start_workflow", start_workflow: { name: "none" } }]),
        condition: "$.a.b.c",
      },
      act("unknown", "e:x", [{ action: "start_workflow", start_workflow: { name: "none" } }]),
      act("closed", "e:x", [
        { action: "complete_task", complete_task: { workflowId: "nobody", taskRefName: "w" } },
        { action: "complete_task", complete_task: { workflowId: "${no.such}", taskRefName: "w" } },
      ]),
      act("ends", "e:x", [
        {
          ...{ action: "fail_task", expandInlineJSON: true },
          fail_task: {
            workflowId: "${inline.fails}",
            taskRefName: "w",
            reasonForIncompletion: "because ${why}",
          },
        },
        {
          ...{ action: "terminate_workflow" },
          terminate_workflow: { workflowId: "${ends}", terminationReason: "enough" },
        },
      ]),
      {
        ...act("asleep", "e:x", [{ action: "start_workflow", start_workflow: { name: "none" } }]),
        active: false,
      },
    ],
  });
  const [fails, ends] = await Promise.all([start("fails"), start("ends")]);
  const inline = JSON.stringify({ fails });
  const message = { event: "e:x", messageId: "m", payload: { inline, why: "late", ends } };
  await publish(message);
  const outcome = (await executionsOf(message)).map(({ id, name, status, output }) => ({
    ...{ id, name, status },
    ...(output["exception"] === undefined ? {} : { exception: output["exception"] }),
  }));
  expect(outcome.sort((left, right) => (left.name + left.id < right.name + right.id ? -1 : 1))).toEqual([
    {
      id: "m_0",
      name: "broken",
      status: "FAILED",
      exception: expect.stringContaining("undefined") as string,
    },
    { id: "m_0", name: "closed", status: "FAILED", exception: expect.stringContaining("nobody") as string },
    {
      id: "m_1",
      name: "closed",
      status: "FAILED",
      exception: expect.stringContaining("names no task") as string,
    },
    { id: "m_0", name: "ends", status: "COMPLETED" },
    { id: "m_1", name: "ends", status: "COMPLETED" },
    { id: "m_0", name: "skipped", status: "SKIPPED" },
    { id: "m_0", name: "unknown", status: "FAILED", exception: expect.stringContaining("none") as string },
  ]);
  await expect(client.result(fails)).rejects.toThrow(/because late/);
  await expect(client.result(ends)).rejects.toThrow(/enough/);
});

test("variables are set and lists are added to by events", async () => {
  const update = (appendArray: boolean) => ({
    ...{ name: `append ${String(appendArray)}`, event: `e:${String(appendArray)}` },
    actions: [
      {
        action: "update_workflow_variables",
        update_workflow_variables: {
          ...{ workflowId: "${id}", appendArray },
          variables: { seen: "${seen}", last: "${last}" },
        },
      },
    ],
  });
  const { start, publish, executionsOf, client } = await openConductorEvents({
    definitions: [
      {
        ...{ name: "collects", variables: { seen: ["a"], kept: 1 }, tasks: [wait("w")] },
        outputParameters: { seen: "${workflow.variables.seen}", all: "${workflow.variables}" },
      },
    ],
    handlers: [update(true), update(false)],
  });
  const id = await start("collects");
  const send = async (event: string, payload: object) => {
    const message = { event, messageId: "1", payload: { id, ...payload } };
    await publish(message);
    expect(await executionsOf(message)).toMatchObject([{ status: "COMPLETED" }]);
    const { variables } = (await client.query(id, queryExecution.name)) as { variables: object };
    return variables;
  };
  expect(await send("e:true", { seen: ["b"], last: 1 })).toEqual({ seen: ["a", "b"], last: 1, kept: 1 });
  expect(await send("e:false", { seen: ["c"], last: [2] })).toEqual({ seen: ["c"], last: [2], kept: 1 });
});

test("goes the same way when its owner is killed at any event", { timeout: 300_000 }, async () => {
  const system = (name: string, execute: (input: never) => unknown) =>
    activity<never, unknown>({ name, queue: "conductor.system", execute });
  const definition = workflowDef.parse({ name: "invoice", tasks: [wait("w")] });
  const answers = () => {
    const asked = new Set<string>();
    return ({ updateId }: { updateId: string }) => {
      asked.add(updateId);
      return { outcome: asked.size < 3 ? "not-found" : "applied" };
    };
  };
  const handler = {
    ...{ name: "h", event: "e:x", active: true, condition: "true" },
    actions: [
      { action: "start_workflow", start_workflow: { name: "invoice", input: {}, taskToDomain: {} } },
      { action: "complete_task", complete_task: { workflowId: "w-1", taskRefName: "w", output: {} } },
    ],
  };
  const report = await crashEverywhere(
    eventWorkflow,
    { event: "e:x", messageId: "m", payload: {} },
    {
      workflows: [conductorWorkflow],
      activities: () =>
        ({
          "conductor.findEventHandlers": system("conductor.findEventHandlers", () => ({
            handlers: [handler],
          })),
          "conductor.evaluate": system("conductor.evaluate", () => true),
          "conductor.findDefinition": system("conductor.findDefinition", () => definition),
          "conductor.updateFromEvent": system("conductor.updateFromEvent", answers()),
        }) as never,
    },
  );
  expect(report).toMatchObject({ status: "completed" });
  expect(report.crashes).toBeGreaterThan(5);
});
