import {
  conductorWorkflow,
  createSystemTasks,
  systemTaskActivities,
  queryExecution,
  replayedExecution,
  updateTask,
  workflowDef,
} from "@heddle/conductor";
import { crashEverywhere, replayHistory, TestEnvironment } from "@heddle/testing";
import { activity } from "heddle";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, test } from "vitest";

type Json = Record<string, unknown>;

const definition = (json: Json) => workflowDef.parse({ name: "main", ...json });
const task = (ref: string, type = "SIMPLE", rest: Json = {}) => ({
  name: ref,
  taskReferenceName: ref,
  type,
  ...rest,
});

/** A worker of a task type: its queue has the name of the type. */
const worker = (type: string, work: (input: Json) => unknown) =>
  activity<Json, unknown>({ name: type, queue: type, execute: ({ inputData }) => work(inputData as Json) });
const system = (name: string, execute: (input: never) => unknown) =>
  activity<never, unknown>({ name, queue: "conductor.system", execute });

const CHILD = definition({
  name: "child",
  tasks: [task("pack", "SIMPLE", { inputParameters: { item: "${workflow.input.item}" } })],
});
const stored: Record<string, ReturnType<typeof definition>> = {
  child: CHILD,
  onFailure: definition({
    name: "onFailure",
    tasks: [
      task("note", "SIMPLE", {
        inputParameters: { of: "${workflow.input.workflowId}", why: "${workflow.input.failureStatus}" },
      }),
    ],
  }),
};

const activities = {
  pack: worker("pack", ({ item }) => {
    if (item === "glass") throw Object.assign(new Error("too fragile"), { name: "NonRetryableError" });
    return { packed: item };
  }),
  note: worker("note", (input) => input),
  "conductor.findDefinition": system(
    "conductor.findDefinition",
    ({ name }: { name: string }) => stored[name] ?? null,
  ),
  "conductor.HTTP": system("conductor.HTTP", () => ({
    status: "COMPLETED",
    outputData: { response: { statusCode: 200, body: "ok" } },
  })),
  "conductor.evaluate": system(
    "conductor.evaluate",
    ({ input }: { input: { loop: Json } }) => Number(input.loop["iteration"]) < 2,
  ),
};

const server = createServer((_request, response) => response.end('{"fine":true}')).listen(0, "127.0.0.1");
await once(server, "listening");
const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
const systemTasks = createSystemTasks({ http: { allowedHosts: [host] }, sandbox: { deadlineMs: 60_000 } });
afterAll(async () => {
  await systemTasks.close();
  await new Promise((closed) => server.close(closed));
});

/** With the real system tasks. */
const environment = () =>
  TestEnvironment.create({
    workflows: [conductorWorkflow],
    activities: {
      ...activities,
      ...Object.fromEntries(systemTaskActivities(systemTasks).map((each) => [each.name, each])),
    },
  });

describe("an execution on a real Redis", () => {
  test("an asyncComplete task waits for an update, and its history replays", async () => {
    await using env = await environment();
    const handle = await env.engine.start("conductor.workflow", {
      definition: definition({
        tasks: [
          task("http_task_85tf2_ref", "HTTP", {
            inputParameters: { http_request: { uri: `http://${host}/api`, method: "GET" } },
            asyncComplete: true,
          }),
        ],
      }),
      correlationId: "order-1",
    });
    await env.settle();
    const waiting = await env.engine.query(handle.id, queryExecution, undefined);
    expect(waiting).toMatchObject({
      status: "RUNNING",
      tasks: [{ status: "IN_PROGRESS", outputData: { response: { statusCode: 200 } } }],
    });
    const found = await env.engine.list({
      attributes: { correlationId: "order-1", status: "RUNNING", workflowType: "main" },
    });
    expect(found.items.map(({ id }) => id)).toEqual([handle.id]);
    await handle.update(updateTask, {
      ...{ taskReferenceName: "http_task_85tf2_ref", status: "COMPLETED" },
      ...{ outputData: { approved: true }, mergeOutput: true },
    });
    expect(await handle.result()).toMatchObject({
      approved: true,
      response: { statusCode: 200, body: { fine: true } },
    });
    expect(await env.engine.count({ attributes: { status: "COMPLETED" } })).toBe(1);
    await replayHistory(conductorWorkflow, await handle.exportHistory());
  });

  test("scripts and jq programs run in the sandbox of a worker", async () => {
    await using env = await environment();
    const handle = await env.engine.start("conductor.workflow", {
      definition: definition({
        tasks: [
          task("loop", "DO_WHILE", {
            loopCondition: "$.loop['iteration'] < 3",
            loopOver: [
              task("square", "INLINE", {
                inputParameters: {
                  expression: "$.n * $.n",
                  evaluatorType: "javascript",
                  n: "${loop.output.iteration}",
                },
              }),
            ],
          }),
          task("jq", "JSON_JQ_TRANSFORM", {
            inputParameters: {
              queryExpression: "[.loop[] | objects | .square.result] | add",
              loop: "${loop.output}",
            },
          }),
          task("switch", "SWITCH", {
            ...{ evaluatorType: "javascript", expression: "$.sum === 14 ? 'right' : 'wrong'" },
            inputParameters: { sum: "${jq.output.result}" },
            decisionCases: {
              right: [task("bad", "INLINE", { inputParameters: { expression: "$.no.such" } })],
            },
          }),
        ],
      }),
    });
    await env.runToCompletion(handle).catch(() => undefined);
    expect(await executionOf(env, handle.id)).toMatchObject({
      status: "FAILED",
      tasks: [
        { status: "COMPLETED" },
        ...[1, 4, 9].map((result) => ({ status: "COMPLETED", outputData: { result } })),
        { outputData: { result: 14 } },
        { outputData: { selectedCase: "right" } },
        { status: "FAILED_WITH_TERMINAL_ERROR", outputData: { error: expect.any(String) as unknown } },
      ],
    });
  });

  test("an execution that is terminated without its code is shown with its open tasks cancelled", async () => {
    await using env = await environment();
    const handle = await env.engine.start("conductor.workflow", {
      definition: definition({ tasks: [task("ask", "HUMAN")] }),
    });
    await env.settle();
    await handle.terminate();
    expect(await executionOf(env, handle.id)).toMatchObject({
      status: "TERMINATED",
      tasks: [{ status: "CANCELED" }],
    });
  });

  test("what is no definition is refused before the run is accepted", async () => {
    await using env = await environment();
    await expect(
      env.engine.start("conductor.workflow", { definition: { name: "x" } } as never),
    ).rejects.toThrow(/definition\.tasks/);
  });

  const parent = (item: string) => ({
    definition: definition({
      failureWorkflow: "onFailure",
      tasks: [
        task("sub", "SUB_WORKFLOW", { subWorkflowParam: { name: "child" }, inputParameters: { item } }),
        task("started", "START_WORKFLOW", {
          inputParameters: { startWorkflow: { name: "child", input: { item: "cup" } } },
        }),
      ],
    }),
  });

  test("a sub-workflow's output is that of its task, and another workflow is started that nobody waits for", async () => {
    await using env = await environment();
    const handle = await env.engine.start("conductor.workflow", parent("plate"));
    const result = (await handle.result()) as { workflowId: string };
    const { tasks } = (await executionOf(env, handle.id)) as { tasks: Json[] };
    expect(tasks[0]).toMatchObject({ status: "COMPLETED", outputData: { packed: "plate" } });
    const child = await env.engine.getHandle(String(tasks[0]?.["subWorkflowId"])).describe();
    expect(child).toMatchObject({
      status: "completed",
      attributes: { workflowType: "child", parentWorkflowId: handle.id },
    });
    expect(await env.engine.getHandle(result.workflowId).result()).toEqual({ packed: "cup" });
  });

  test("a sub-workflow that fails fails its parent, which starts its failure workflow", async () => {
    await using env = await environment();
    const handle = await env.engine.start("conductor.workflow", parent("glass"));
    const failure = await handle.result().catch((error: unknown) => error);
    const details = (failure as { cause: { details: { status: string; reason: string; output: Json } } })
      .cause.details;
    expect(details).toMatchObject({ status: "FAILED" });
    expect(details.reason).toMatch(/Sub workflow child\.1\/.* failure reason: .*too fragile/);
    const id = String(details.output["conductor.failure_workflow"]);
    expect(await env.engine.getHandle(id).result()).toEqual({ of: handle.id, why: "FAILED" });
  });

  test("a cancelled parent terminates its sub-workflows", async () => {
    await using env = await environment();
    const handle = await env.engine.start("conductor.workflow", {
      definition: definition({
        tasks: [
          task("sub", "SUB_WORKFLOW", {
            subWorkflowParam: { workflowDefinition: { name: "inline", tasks: [task("ask", "HUMAN")] } },
          }),
        ],
      }),
    });
    await env.settle();
    const { tasks } = (await executionOf(env, handle.id)) as { tasks: Json[] };
    const childId = String(tasks[0]?.["subWorkflowId"]);
    await handle.update({ name: "conductor.terminate" }, { reason: "enough" });
    await env.settle();
    const child = await env.engine.getHandle(childId).describe();
    expect(child.attributes).toMatchObject({ status: "TERMINATED" });
  });

  async function executionOf(env: Awaited<ReturnType<typeof environment>>, id: string): Promise<unknown> {
    const live: unknown = await env.engine.query(id, queryExecution, undefined);
    if (live !== undefined) return live;
    return replayedExecution(await env.engine.getHandle(id).exportHistory());
  }
});

test("goes the same way when its owner is killed at any event", { timeout: 300_000 }, async () => {
  const input = {
    definition: definition({
      tasks: [
        task("fork", "FORK_JOIN", {
          forkTasks: [
            [
              task("sub", "SUB_WORKFLOW", {
                subWorkflowParam: { name: "child" },
                inputParameters: { item: "cup" },
              }),
            ],
            [task("wait", "WAIT", { inputParameters: { duration: "5s" } }), task("ask", "HUMAN")],
          ],
        }),
        task("join", "JOIN", { joinOn: ["sub", "ask"] }),
        task("loop", "DO_WHILE", {
          loopCondition: "$.loop['iteration'] < 2",
          loopOver: [task("pack", "SIMPLE", { inputParameters: { item: "${loop.output.iteration}" } })],
        }),
        task("http", "HTTP", {
          asyncComplete: true,
          inputParameters: { uri: "https://example.com", method: "GET" },
        }),
      ],
    }),
  };
  const complete = (taskReferenceName: string) => ({
    taskReferenceName,
    status: "COMPLETED",
    outputData: { done: true },
  });
  const report = await crashEverywhere(conductorWorkflow, input, {
    activities: activities as never,
    signals: [
      { signal: "conductor.pause", after: "2s" },
      { signal: "conductor.resume", after: "7s" },
      { signal: "conductor.updateTask", payload: complete("ask"), after: "10s" },
      { signal: "conductor.updateTask", payload: complete("http"), after: "20s" },
    ],
  });
  expect(report).toMatchObject({ status: "completed" });
  expect(report.crashes).toBeGreaterThan(10);
});
