// System tasks of Conductor definitions in a real worker: what they return and throw passes through Redis.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSystemTasks, systemTaskActivities, type SystemTaskResult } from "@heddle/conductor";
import { randomNamespace, startKafkaCluster } from "@heddle/testkit";
import { ActivityFailedError, workflow } from "heddle";
import { expect, onTestFinished, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

test("a workflow runs each of them on the internal queue", async () => {
  let calls = 0;
  const server = createServer((_request, response) => response.end(`{"call":${++calls}}`)).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cluster = await startKafkaCluster();
  onTestFinished(() => cluster.stop());
  const tasks = createSystemTasks({ http: { allowedHosts: [host] }, kafka: { brokers: cluster.brokers } });
  onTestFinished(() => tasks.close());

  const activities = systemTaskActivities(tasks);
  const named = new Map(activities.map((definition) => [definition.name, definition]));
  const all = workflow({ name: "all-system-tasks" }).execute(async function* (ctx) {
    const run = function* (type: string, input: unknown) {
      const definition = named.get(`conductor.${type}`);
      if (definition === undefined) throw new Error(`there is no ${type}`);
      return (yield* ctx.run(definition, input)) as SystemTaskResult;
    };
    const results = [
      yield* run("HTTP", { uri: `http://${host}/`, method: "GET" }),
      yield* run("HTTP", { uri: "http://169.254.169.254/", method: "GET" }),
      yield* run("INLINE", { expression: "$.a + 1", a: 1 }),
      yield* run("JSON_JQ_TRANSFORM", { queryExpression: ".a[]", a: [1, 2] }),
      yield* run("EVENT", {
        taskId: "task-1",
        taskReferenceName: "notify",
        workflow: { workflowId: ctx.workflowId, name: "w", version: 1 },
        input: { sink: "kafka:system-tasks" },
      }),
    ];
    let fault: unknown;
    try {
      yield* run("evaluate", { expression: "$.no.such.thing", input: {} });
    } catch (error) {
      if (error instanceof ActivityFailedError) fault = (error.cause as { details?: unknown }).details;
    }
    return { results, fault };
  });

  const engine = await openEngine({ namespace: randomNamespace("system"), workflows: [all], activities });
  const handle = await engine.start("all-system-tasks");
  const { results, fault } = await handle.result();
  expect(results).toMatchObject([
    { status: "COMPLETED", outputData: { response: { statusCode: 200, body: { call: 1 } } } },
    { status: "FAILED_WITH_TERMINAL_ERROR" },
    { status: "COMPLETED", outputData: { result: 2 } },
    { status: "COMPLETED", outputData: { result: 1, resultList: [1, 2] } },
    { status: "COMPLETED", outputData: { event_produced: "kafka:system-tasks" } },
  ]);
  expect(fault).toEqual({ kind: "thrown" });
  expect(calls).toBe(1);
  expect(await cluster.read("system-tasks")).toHaveLength(1);
});
