import { startKafkaCluster, type KafkaCluster } from "@heddle/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSystemTasks } from "../system-tasks.js";
import { runEventTask, type MessageSinks } from "./event-task.js";
import type { MessageSink, SinkMessage } from "./message-sink.js";

let cluster: KafkaCluster;
beforeAll(async () => {
  cluster = await startKafkaCluster();
});
afterAll(() => cluster.stop());

/** A sink of this process: what the provider `conductor` will be to its queues. */
class MemorySink implements MessageSink {
  readonly messages: SinkMessage[] = [];
  isClosed = false;
  async publish(message: SinkMessage): Promise<void> {
    this.messages.push(message);
  }
  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const workflow = { workflowId: "w-1", name: "orders", version: 2 };
function run(sinks: MessageSinks, input: Record<string, unknown>) {
  return runEventTask(sinks, { taskId: "task-1", taskReferenceName: "notify", workflow, input });
}

test.each([
  ["conductor", "conductor:orders:notify", "orders:notify"],
  ["conductor:paid", "conductor:orders:paid", "orders:paid"],
])("the sink %s is %s", async (sink, event_produced, destination) => {
  const conductor = new MemorySink();
  const payload = {
    sink,
    asyncComplete: true,
    amount: 7,
    workflowInstanceId: "w-1",
    workflowType: "orders",
    workflowVersion: 2,
    correlationId: null,
    taskToDomain: {},
    event_produced,
  };
  expect(await run({ conductor }, { sink, asyncComplete: true, amount: 7 })).toEqual({
    status: "COMPLETED",
    outputData: payload,
  });
  expect(conductor.messages).toEqual([{ id: "task-1", destination, value: JSON.stringify(payload) }]);
});

test("the sink `kafka:<topic>` publishes once to the brokers that are set up", async () => {
  const tasks = createSystemTasks({ kafka: { brokers: cluster.brokers } });
  const { outputData } = await run(tasks.sinks, { sink: "kafka:events", amount: 7 });
  expect(outputData).toMatchObject({ event_produced: "kafka:events", amount: 7 });
  await tasks.close();
  const messages = await cluster.read("events");
  expect(messages).toHaveLength(1);
  expect(JSON.parse(messages[0]?.payload ?? "")).toEqual(outputData);
  expect(messages[0]?.headers).toEqual(["message-id", "task-1"]);
});

test.each([undefined, 7, "", "kafka", "kafka:", ":x", "conductorx:y", "sqs:q", "__proto__:x"])(
  "the sink %s fails the task, and nothing is published",
  async (sink) => {
    const conductor = new MemorySink();
    expect(await run({ conductor }, { sink })).toMatchObject({
      status: "FAILED",
      reasonForIncompletion: expect.stringContaining("Unsupported sink") as string,
    });
    expect(conductor.messages).toEqual([]);
  },
);

test("a sink that refuses fails the task with its reason", async () => {
  const broken: MessageSink = {
    publish: async () => {
      throw new Error("broker is down");
    },
    close: async () => undefined,
  };
  expect(await run({ broken }, { sink: "broken:q" })).toMatchObject({
    status: "FAILED",
    reasonForIncompletion: "Error occurred while publishing the event: broker is down",
  });
});

test("sinks that are given are closed with the rest", async () => {
  const conductor = new MemorySink();
  await createSystemTasks({ sinks: { conductor } }).close();
  expect(conductor.isClosed).toBe(true);
});
