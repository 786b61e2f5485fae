// `asyncComplete`: a task whose own work is done waits for somebody outside.
import { expect, test } from "vitest";
import type { JsonMap } from "../definition/json-bean.js";
import { DrivenExecution, task } from "./testing/driven-execution.js";

const start = (tasks: JsonMap[], options?: Parameters<typeof DrivenExecution.start>[1]) =>
  DrivenExecution.start({ tasks }, options);

const answer = { status: "COMPLETED", outputData: {} };
const workers = { "conductor.HTTP": () => answer, "conductor.KAFKA_PUBLISH": () => answer };

test("that of HTTP is what the task says, not its input; of KAFKA_PUBLISH the input may say it", async () => {
  const inputParameters = { uri: "http://x", method: "GET", asyncComplete: true };
  const http = await start([task("http", "HTTP", { inputParameters })], { workers });
  expect(http.task("http")).toMatchObject({ status: "COMPLETED", inputData: { asyncComplete: false } });
  const kafka = await start(
    [task("kafka", "KAFKA_PUBLISH", { inputParameters: { kafka_request: {}, asyncComplete: true } })],
    { workers },
  );
  expect(kafka.task("kafka")).toMatchObject({ status: "IN_PROGRESS", outputData: {} });
});

test("it means nothing to scripts and jq programs", async () => {
  const inputParameters = { expression: "$.asyncComplete", asyncComplete: true };
  const run = await start([task("inline", "INLINE", { inputParameters, asyncComplete: true })]);
  expect(run.json).toMatchObject({ status: "COMPLETED", output: { result: true } });
});

test("it makes a WAIT that only an update ends", async () => {
  const inputParameters = { duration: "1s" };
  const run = await start([task("wait", "WAIT", { inputParameters, asyncComplete: true })]);
  await run.advance(3_600_000);
  expect(run.task("wait")["status"]).toBe("IN_PROGRESS");
  await run.updateTask({ taskReferenceName: "wait", status: "COMPLETED" });
  expect(run.json["status"]).toBe("COMPLETED");
});

test("it keeps the timeout of the task's definition, and a call that fails is tried again", async () => {
  const taskDefinition = { name: "http", timeoutSeconds: 60, retryCount: 1, retryDelaySeconds: 5 };
  let calls = 0;
  const run = await start([task("http", "HTTP", { asyncComplete: true, taskDefinition })], {
    workers: {
      "conductor.HTTP": () =>
        ++calls === 1 ? { status: "FAILED", outputData: {}, reasonForIncompletion: "503" } : answer,
    },
  });
  expect(run.states).toEqual(["http FAILED", "http SCHEDULED"]);
  await run.advance(5_000);
  expect(run.states).toEqual(["http FAILED", "http IN_PROGRESS"]);
  await run.advance(60_000);
  expect(run.json["status"]).toBe("TIMED_OUT");
  expect(calls).toBe(2);
});
