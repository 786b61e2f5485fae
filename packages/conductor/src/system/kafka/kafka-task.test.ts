import { createServer, type AddressInfo, type Socket } from "node:net";
import { startKafkaCluster, type KafkaCluster } from "@heddle/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KafkaProducers } from "./kafka-producers.js";
import { runKafkaPublish } from "./kafka-task.js";

let cluster: KafkaCluster;
let producers: KafkaProducers;

beforeAll(async () => {
  cluster = await startKafkaCluster();
  producers = new KafkaProducers({ allowedHosts: cluster.brokers });
});
afterAll(async () => {
  await producers.close();
  await cluster.stop();
});

/** The times of the tests are those of a loaded machine. */
function publish(request: Record<string, unknown>, taskId = "task-1") {
  const given = {
    bootStrapServers: cluster.brokers.join(", "),
    requestTimeoutMs: 20_000,
    maxBlockMs: "20000",
  };
  return runKafkaPublish(producers, { taskId, input: { kafka_request: { ...given, ...request } } });
}

test("a message is in the topic once, as JSON, with key, headers and the task's id", async () => {
  const value = { order: 7, tags: ["a", null] };
  expect(
    await publish({ topic: "orders", value, key: "k-1", headers: { trace: "t-1", n: 3 } }, "task-7"),
  ).toEqual({ status: "COMPLETED", outputData: {} });
  const messages = await cluster.read("orders");
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatchObject({
    key: "k-1",
    payload: JSON.stringify(value),
    headers: ["message-id", "task-7", "trace", "t-1", "n", "3"],
  });
});

test("text is sent as JSON text, and no key is no key", async () => {
  await publish({ topic: "texts", value: "hello" });
  expect(await cluster.read("texts")).toMatchObject([{ key: null, payload: '"hello"' }]);
});

test.each([
  // As bytes, ABCD and ABCDEFGH.
  ["org.apache.kafka.common.serialization.IntegerSerializer", 0x41424344, "ABCD"],
  ["org.apache.kafka.common.serialization.LongSerializer", "4702394921427289928", "ABCDEFGH"],
  ["org.apache.kafka.common.serialization.StringSerializer", 7, "7"],
])("a key of %s is as wide as its type", async (keySerializer, key, read) => {
  expect(await publish({ topic: `keys-${read}`, value: 1, key, keySerializer })).toMatchObject({
    status: "COMPLETED",
  });
  expect(await cluster.read(`keys-${read}`)).toMatchObject([{ key: read }]);
});

test.each<[string, unknown, RegExp]>([
  ["no request", undefined, /^Missing Kafka request/],
  ["text", "request", /^Missing Kafka request/],
  ["no servers", { topic: "t", value: 1 }, /^No boot strap servers specified$/],
  ["no topic", { bootStrapServers: "a:9092", value: 1 }, /^Missing Kafka topic/],
  ["no value", { bootStrapServers: "a:9092", topic: "t" }, /^Missing Kafka value/],
  ["a server without port", { bootStrapServers: "a", topic: "t", value: 1 }, /no host:port/],
  ["a URL", { bootStrapServers: "http://a:1", topic: "t", value: 1 }, /no host:port/],
  ["a time in words", { bootStrapServers: "a:9092", topic: "t", value: 1, maxBlockMs: "soon" }, /maxBlockMs/],
  [
    "a key that does not fit",
    { bootStrapServers: "a:9092", topic: "t", value: 1, key: 2 ** 31, keySerializer: "IntegerSerializer" },
    /no integer of 32 bits/,
  ],
])("%s fails the task with a reason", async (_name, request, reason) => {
  expect(await runKafkaPublish(producers, { taskId: "t", input: { kafka_request: request } })).toEqual({
    status: expect.stringMatching(/^FAILED/) as string,
    outputData: {},
    reasonForIncompletion: expect.stringMatching(reason) as string,
  });
});

test("servers that are not allowed get no connection", async () => {
  let connections = 0;
  const inner = createServer((socket) => void ((connections += 1), socket.destroy())).listen(0, "127.0.0.1");
  await new Promise((listening) => inner.once("listening", listening));
  const { port } = inner.address() as AddressInfo;
  const guarded = new KafkaProducers({ allowedPorts: [port] });
  for (const host of ["127.0.0.1", "localhost", "169.254.169.254", "[::ffff:127.0.0.1]"]) {
    const kafka_request = { bootStrapServers: `${host}:${port}`, topic: "t", value: 1, maxBlockMs: 20_000 };
    expect(await runKafkaPublish(guarded, { taskId: "t", input: { kafka_request } })).toMatchObject({
      status: "FAILED_WITH_TERMINAL_ERROR",
      reasonForIncompletion: expect.stringContaining("was blocked") as string,
    });
  }
  expect(connections).toBe(0);
  await guarded.close();
  await new Promise((closed) => inner.close(closed));
});

test("a server that is no broker fails the task, and a later call connects anew", async () => {
  const sockets: Socket[] = [];
  const inner = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).destroy();
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => inner.once("listening", listening));
  const server = `127.0.0.1:${(inner.address() as AddressInfo).port}`;
  const open = new KafkaProducers({ allowedHosts: [server] });
  const input = { kafka_request: { bootStrapServers: server, topic: "t", value: 1 } };
  expect(await runKafkaPublish(open, { taskId: "t", input })).toMatchObject({
    status: "FAILED",
    reasonForIncompletion: expect.stringMatching(/^Failed to invoke kafka task due to: ./) as string,
  });
  const before = sockets.length;
  expect(before).toBeGreaterThan(0);
  await runKafkaPublish(open, { taskId: "t", input });
  expect(sockets.length).toBeGreaterThan(before);
  await open.close();
  await new Promise((closed) => inner.close(closed));
});

test("settings that are the same share a producer, at most ten stay open", async () => {
  const settings = { brokers: [...cluster.brokers], requestTimeoutMs: 20_000, connectTimeoutMs: 20_000 };
  const first = producers.sinkFor(settings);
  expect(producers.sinkFor({ ...settings })).toBe(first);
  for (let requestTimeoutMs = 1; requestTimeoutMs <= 10; requestTimeoutMs++) {
    producers.sinkFor({ ...settings, requestTimeoutMs });
  }
  expect(producers.sinkFor(settings)).not.toBe(first);
});

test("a producer that is closed lets its message arrive", async () => {
  const own = new KafkaProducers({ brokers: cluster.brokers });
  const sending = own.eventSink?.publish({ id: "m", destination: "closing", value: "1" });
  await own.close();
  await sending;
  expect(await cluster.read("closing")).toMatchObject([{ payload: "1" }]);
});

test("a cancelled activity is not held up by a broker", async () => {
  const controller = new AbortController();
  controller.abort(new Error("cancelled"));
  const kafka_request = { bootStrapServers: cluster.brokers.join(","), topic: "never", value: 1 };
  await expect(
    runKafkaPublish(producers, { taskId: "t", input: { kafka_request } }, controller.signal),
  ).rejects.toThrow("cancelled");
});
