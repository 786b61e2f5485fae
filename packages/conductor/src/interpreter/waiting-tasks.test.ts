import { describe, expect, test } from "vitest";
import type { JsonMap } from "../definition/json-bean.js";
import { pauseExecution, resumeExecution, skipTask, terminateExecution } from "./execution-messages.js";
import { DrivenExecution, task, type DrivenOptions } from "./testing/driven-execution.js";

const WAYS: readonly (readonly [string, Partial<DrivenOptions>])[] = [
  ["kept in memory", {}],
  ["killed before each event", { killedBeforeEachEvent: true }],
];

describe.each(WAYS)("an execution, %s,", (_way, way) => {
  const start = (definition: JsonMap, options: DrivenOptions = {}) =>
    DrivenExecution.start(definition, { ...way, ...options });
  const expectSame = async (run: DrivenExecution) => expect(await run.replayed()).toEqual(run.json);

  test("an HTTP task with asyncComplete stays in progress with its response until somebody completes it", async () => {
    const run = await start(
      {
        tasks: [
          task("http_ref", "HTTP", {
            inputParameters: { http_request: { uri: "https://example.com", method: "GET" } },
            asyncComplete: true,
          }),
        ],
      },
      {
        workers: {
          "conductor.HTTP": (input) => ({
            status: "COMPLETED",
            outputData: { response: { statusCode: 200, body: input } },
          }),
        },
      },
    );
    expect(run.task("http_ref")).toMatchObject({
      status: "IN_PROGRESS",
      outputData: {
        response: {
          statusCode: 200,
          body: { asyncComplete: true, http_request: { uri: "https://example.com", method: "GET" } },
        },
      },
    });
    const answer = await run.updateTask({
      ...{ taskReferenceName: "http_ref", status: "COMPLETED" },
      ...{ outputData: { approved: true }, mergeOutput: true },
    });
    expect(answer).toEqual({ taskId: run.task("http_ref")["taskId"], outcome: "applied" });
    expect(run.json).toMatchObject({
      status: "COMPLETED",
      output: { approved: true, response: { statusCode: 200 } },
    });
    await expectSame(run);
  });

  test("a WAIT ends by its duration, by its time, or by an update; it outputs what the update gives", async () => {
    const definition = {
      tasks: [
        task("short", "WAIT", { inputParameters: { duration: "1m 30s" } }),
        task("until", "WAIT", { inputParameters: { until: "2030-01-01 00:10" } }),
        task("signal", "WAIT"),
      ],
    };
    const run = await start(definition);
    await run.advance(89_999);
    expect(run.states).toEqual(["short IN_PROGRESS"]);
    await run.advance(1);
    expect(run.task("short")).toMatchObject({ status: "COMPLETED", outputData: {} });
    await run.advance(10 * 60_000 - 90_000);
    expect(run.task("until")["status"]).toBe("COMPLETED");
    await run.advance(1e9);
    expect(run.task("signal")).toMatchObject({ status: "IN_PROGRESS", callbackAfterSeconds: 2147483647 });
    await run.updateTask({ firstWait: true, status: "COMPLETED", outputData: { by: "ada" } });
    expect(run.json).toMatchObject({ status: "COMPLETED", output: { by: "ada" } });
    await expectSame(run);

    const early = await start(definition);
    await early.updateTask({ taskReferenceName: "short", status: "COMPLETED", outputData: { early: true } });
    expect(early.task("short")).toMatchObject({ status: "COMPLETED", outputData: { early: true } });
    expect(early.task("until")["status"]).toBe("IN_PROGRESS");
  });

  test.each([
    [{ duration: "5 parsecs" }, "Not a valid duration"],
    [{ until: "tomorrow" }, "Invalid/Unsupported Wait Until format"],
    [{ duration: "5s", until: "2030-01-01" }, "Both 'duration' and 'until'"],
  ])("a WAIT with %j fails for good", async (input, reason) => {
    const run = await start({
      tasks: [task("wait", "WAIT", { inputParameters: { ...input, from: "${workflow.input.x}" } })],
    });
    expect(run.task("wait")["status"]).toBe("FAILED_WITH_TERMINAL_ERROR");
    expect(run.task("wait")["reasonForIncompletion"]).toContain(reason);
    expect(run.json["status"]).toBe("FAILED");
  });

  test("an update of what has ended or does not exist changes nothing", async () => {
    const run = await start({ tasks: [task("a", "HUMAN"), task("b", "HUMAN")] });
    expect(await run.updateTask({ taskReferenceName: "b", status: "COMPLETED" })).toEqual({
      outcome: "not-found",
    });
    const { taskId } = await run.updateTask({
      taskReferenceName: "a",
      status: "COMPLETED",
      outputData: { n: 1 },
    });
    expect(await run.updateTask({ taskId: String(taskId), status: "FAILED", outputData: { n: 2 } })).toEqual({
      ...{ taskId, outcome: "ignored" },
    });
    expect(run.task("a")["outputData"]).toEqual({ n: 1 });
    await expect(run.updateTask({ status: "COMPLETED" })).rejects.toThrow("name the task by one of");
    await expect(run.updateTask({ taskId: "x", status: "DONE" as never })).rejects.toThrow("status");
  });

  test("the bare name finds the open iteration; a loop itself cannot be updated", async () => {
    const run = await start({
      tasks: [
        task("loop", "DO_WHILE", {
          loopCondition: "$.loop['iteration'] < 2",
          loopOver: [task("ask", "HUMAN")],
        }),
      ],
    });
    await expect(run.updateTask({ taskReferenceName: "loop", status: "COMPLETED" })).rejects.toThrow(
      "is run by the workflow itself",
    );
    await run.updateTask({ taskReferenceName: "ask", status: "COMPLETED", outputData: { n: 1 } });
    await run.updateTask({ taskReferenceName: "ask__2", status: "COMPLETED", outputData: { n: 2 } });
    expect(run.json).toMatchObject({
      status: "COMPLETED",
      output: { n: 2 },
    });
    expect(run.task("loop")["outputData"]).toMatchObject({ 1: { ask: { n: 1 } }, 2: { ask: { n: 2 } } });
    await expectSame(run);
  });

  test("a worker's task is completed by an update, and given back by one that says it is in progress", async () => {
    const run = await start({ tasks: [task("slow")] });
    const scheduled = () => run.commands.filter(({ kind }) => kind === "activity-scheduled");
    expect(scheduled()).toMatchObject([
      { name: "slow", queue: "slow", reference: run.task("slow")["taskId"] },
    ]);
    await run.updateTask({
      ...{ taskReferenceName: "slow", status: "IN_PROGRESS" },
      ...{ outputData: { done: 10 }, callbackAfterSeconds: 60, workerId: "w1" },
    });
    expect(run.task("slow")).toMatchObject({
      ...{ status: "SCHEDULED", callbackAfterSeconds: 60, outputData: { done: 10 }, workerId: "w1" },
    });
    expect(scheduled()).toHaveLength(1);
    await run.advance(60_000);
    expect(scheduled()).toHaveLength(2);
    await run.updateTask({ taskReferenceName: "slow", status: "COMPLETED", outputData: { done: 100 } });
    expect(run.json).toMatchObject({ status: "COMPLETED", output: { done: 100 } });
    await expectSame(run);
  });

  test("while it is paused updates are taken and nothing new is scheduled; a resume starts the clock anew", async () => {
    const run = await start({
      timeoutSeconds: 100,
      timeoutPolicy: "TIME_OUT_WF",
      tasks: [task("a", "HUMAN"), task("b", "HUMAN")],
    });
    await expect(run.update(resumeExecution.name)).rejects.toThrow("only a paused one can be resumed");
    await run.update(pauseExecution.name);
    await run.update(pauseExecution.name);
    await run.updateTask({ taskReferenceName: "a", status: "COMPLETED" });
    expect(run.json["status"]).toBe("PAUSED");
    expect(run.states).toEqual(["a COMPLETED"]);
    await run.advance(99_000);
    await run.update(resumeExecution.name);
    expect(run.states).toEqual(["a COMPLETED", "b IN_PROGRESS"]);
    await run.advance(99_999);
    expect(run.json["status"]).toBe("RUNNING");
    await run.advance(1);
    expect(run.json).toMatchObject({ status: "TIMED_OUT" });
    expect(run.task("b")["status"]).toBe("CANCELED");
    await expectSame(run);
  });

  test("is terminated by an update or a cancellation, and its open tasks are cancelled", async () => {
    const run = await start({ tasks: [task("a", "HUMAN")] });
    await run.update(terminateExecution.name, { reason: "not wanted" });
    expect(run.json).toMatchObject({ status: "TERMINATED", reasonForIncompletion: "not wanted" });
    expect(run.states).toEqual(["a CANCELED"]);
    await expectSame(run);
    const cancelled = await start({ tasks: [task("a", "HUMAN")] });
    await cancelled.cancel("parent is gone");
    expect(cancelled.json).toMatchObject({ status: "TERMINATED", reasonForIncompletion: "parent is gone" });
    await expectSame(cancelled);
  });

  test("a task that is to be skipped is passed over with the given output", async () => {
    const run = await start({ tasks: [task("a", "HUMAN"), task("b"), task("c", "NOOP")] });
    await expect(run.update(skipTask.name, { taskReferenceName: "x" })).rejects.toThrow(
      "no task with the reference name x",
    );
    await expect(run.update(skipTask.name, { taskReferenceName: "a" })).rejects.toThrow(
      "has been scheduled already",
    );
    await run.update(skipTask.name, { taskReferenceName: "b", taskOutput: { skipped: true } });
    await run.updateTask({ taskReferenceName: "a", status: "COMPLETED" });
    expect(run.states).toEqual(["a COMPLETED", "b SKIPPED", "c COMPLETED"]);
    expect(run.task("b")["outputData"]).toEqual({ skipped: true });
    expect(run.json["status"]).toBe("COMPLETED");
    await expectSame(run);
  });

  test("a task whose turn came while the execution was paused may still be skipped", async () => {
    const run = await start({ tasks: [task("a", "HUMAN"), task("b", "HUMAN")] });
    await run.update(pauseExecution.name);
    await run.updateTask({ taskReferenceName: "a", status: "COMPLETED" });
    await run.update(skipTask.name, { taskReferenceName: "b" });
    await run.update(resumeExecution.name);
    expect(run.states).toEqual(["a COMPLETED", "b SKIPPED"]);
    await expectSame(run);
  });

  test("timeouts follow the policy of the task definition; that of responses always leads to a retry", async () => {
    const timed = (taskDefinition: JsonMap) =>
      start({
        tasks: [
          task("slow", "SIMPLE", {
            taskDefinition: { retryCount: 1, retryDelaySeconds: 0, ...taskDefinition },
          }),
        ],
      });
    const fails = await timed({ timeoutSeconds: 3600, timeoutPolicy: "TIME_OUT_WF" });
    await fails.timeOut("slow", "start-to-close");
    expect(fails.json["status"]).toBe("TIMED_OUT");
    const retries = await timed({ timeoutSeconds: 3600, timeoutPolicy: "RETRY" });
    await retries.timeOut("slow", "start-to-close");
    expect(retries.states).toEqual(["slow TIMED_OUT", "slow SCHEDULED"]);
    const responds = await timed({ timeoutPolicy: "TIME_OUT_WF" });
    await responds.timeOut("slow", "heartbeat");
    expect(responds.states).toEqual(["slow TIMED_OUT", "slow SCHEDULED"]);
    await responds.timeOut("slow", "heartbeat");
    expect(responds.json["status"]).toBe("TIMED_OUT");

    const human = await start({
      tasks: [
        task("ask", "HUMAN", {
          taskDefinition: { timeoutSeconds: 60, responseTimeoutSeconds: 1, retryCount: 0 },
        }),
      ],
    });
    await human.advance(60_000);
    expect(human.json["status"]).toBe("TIMED_OUT");
    const total = await start({
      tasks: [
        task("slow", "SIMPLE", {
          taskDefinition: { totalTimeoutSeconds: 60, timeoutPolicy: "RETRY" },
          optional: true,
        }),
        task("next", "NOOP"),
      ],
    });
    await total.advance(60_000);
    expect(total.states).toEqual(["slow COMPLETED_WITH_ERRORS", "next COMPLETED"]);
    await expectSame(total);
  });

  test("INLINE gives its result; a script that throws fails it for good", async () => {
    const definition = (expression: string) => ({
      tasks: [
        task("inline", "INLINE", { inputParameters: { evaluatorType: "javascript", expression, n: 2 } }),
      ],
    });
    expect((await start(definition("$.n * 21"))).json["output"]).toEqual({ result: 42 });
    const bad = await start(definition("$.n.x.y"));
    expect(bad.task("inline")["status"]).toBe("FAILED_WITH_TERMINAL_ERROR");
    expect(bad.task("inline")["outputData"]).toHaveProperty("error");
  });

  test("EVENT publishes its input with where it comes from, once", async () => {
    const published: JsonMap[] = [];
    const run = await start(
      {
        tasks: [
          task("event_ref", "EVENT", {
            ...{
              sink: "conductor:${workflow.input.queue}",
              inputParameters: { order: 7 },
              asyncComplete: true,
            },
          }),
        ],
      },
      {
        input: { queue: "orders" },
        correlationId: "order-7",
        workers: {
          "conductor.EVENT": (call) => {
            published.push(call);
            return { status: "COMPLETED", outputData: { order: 7, event_produced: "conductor:wf:orders" } };
          },
        },
      },
    );
    await run.advance(3_600_000);
    expect(published).toEqual([
      {
        taskId: run.task("event_ref")["taskId"],
        taskReferenceName: "event_ref",
        workflow: { workflowId: "workflow-1", name: "wf", version: 1, correlationId: "order-7" },
        input: { order: 7, sink: "conductor:orders", asyncComplete: true },
      },
    ]);
    expect(run.task("event_ref")).toMatchObject({
      ...{ status: "IN_PROGRESS", outputData: { order: 7, event_produced: "conductor:wf:orders" } },
    });
  });
});
