import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ActivityContext } from "@heddle/workflow";
import { afterAll, expect, test } from "vitest";
import { SYSTEM_TASK_QUEUE, systemTaskActivities } from "./system-task-activities.js";
import { createSystemTasks } from "./system-tasks.js";

const server = createServer((_request, response) => response.end('{"fine":true}')).listen(0, "127.0.0.1");
await once(server, "listening");
const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
const tasks = createSystemTasks({ http: { allowedHosts: [host] }, sandbox: { deadlineMs: 60_000 } });
const activities = systemTaskActivities(tasks);
afterAll(async () => {
  await tasks.close();
  await new Promise((closed) => server.close(closed));
});

/** Of its context such an activity reads the signal alone. */
const contextOf = (signal: AbortSignal) => ({ signal }) as ActivityContext;

async function run(name: string, input: unknown, signal = new AbortController().signal): Promise<unknown> {
  const definition = activities.find((candidate) => candidate.name === `conductor.${name}`);
  return (await definition?.execute(input, contextOf(signal))) as unknown;
}

test("all serve one internal queue; those with effects make one attempt", () => {
  expect(new Set(activities.map(({ queue }) => queue))).toEqual(new Set([SYSTEM_TASK_QUEUE]));
  expect(Object.fromEntries(activities.map(({ name, policy }) => [name, policy.maxAttempts]))).toEqual({
    "conductor.evaluate": 3,
    "conductor.INLINE": 3,
    "conductor.LAMBDA": 3,
    "conductor.JSON_JQ_TRANSFORM": 3,
    "conductor.HTTP": 1,
    "conductor.EVENT": 1,
    "conductor.KAFKA_PUBLISH": 1,
  });
});

test("each runs its task", async () => {
  expect(await run("evaluate", { expression: "$.a > 1", input: { a: 2 } })).toBe(true);
  expect(await run("INLINE", { expression: "$.a", a: 1 })).toMatchObject({ outputData: { result: 1 } });
  expect(await run("LAMBDA", { scriptExpression: "return $.a", a: 1 })).toMatchObject({
    outputData: { result: 1 },
  });
  expect(await run("JSON_JQ_TRANSFORM", { queryExpression: ".a", a: 1 })).toMatchObject({
    outputData: { result: 1, resultList: [1] },
  });
  expect(await run("HTTP", { uri: `http://${host}/`, method: "GET" })).toMatchObject({
    status: "COMPLETED",
    outputData: { response: { body: { fine: true } } },
  });
  const workflow = { workflowId: "w", name: "n", version: 1 };
  expect(
    await run("EVENT", { taskId: "t", taskReferenceName: "r", workflow, input: { sink: "sqs:q" } }),
  ).toMatchObject({
    status: "FAILED",
  });
  expect(await run("KAFKA_PUBLISH", { taskId: "t", input: {} })).toMatchObject({ status: "FAILED" });
});

test("a condition that cannot be evaluated is an error that is not tried again", async () => {
  await expect(run("evaluate", { expression: "$.a.b.c", input: {} })).rejects.toMatchObject({
    name: "ExpressionError",
    kind: "thrown",
  });
  const evaluate = activities.find(({ name }) => name === "conductor.evaluate");
  expect(evaluate?.policy.nonRetryable).toContain("ExpressionError");
});

test("a call that its worker had begun and gives up has failed; one that was not begun is left to another worker", async () => {
  const stopping = new AbortController();
  const hanging = createServer(() => stopping.abort(new Error("worker is draining"))).listen(0, "127.0.0.1");
  await once(hanging, "listening");
  const ownHost = `127.0.0.1:${(hanging.address() as AddressInfo).port}`;
  const own = createSystemTasks({ http: { allowedHosts: [ownHost] } });
  const http = systemTaskActivities(own).find(({ name }) => name === "conductor.HTTP");
  const call = { uri: `http://${ownHost}/`, method: "GET" };
  try {
    expect(await http?.execute(call, contextOf(stopping.signal))).toMatchObject({
      status: "FAILED",
      reasonForIncompletion: "its worker stopped before HTTP had ended; what it began may have happened",
    });
    await expect(run("HTTP", call, stopping.signal)).rejects.toThrow("worker is draining");
  } finally {
    await own.close();
    hanging.closeAllConnections();
    hanging.close();
  }
});
