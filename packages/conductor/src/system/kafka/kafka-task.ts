import { HeddleError, InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import {
  completed,
  failed,
  failedForGood,
  type SystemTaskResult,
  type TaskData,
} from "../system-task-result.js";
import type { KafkaProducers } from "./kafka-producers.js";

const SEE = "See documentation for KafkaTask for required input parameters";

/** Conductor has 100 and 500 ms, behind which its client sends again. Here a time-out ends the task, although the message may arrive. */
const DEFAULT_TIMEOUT_MS = 5_000;

const milliseconds = (fallback: number) =>
  z.preprocess(
    (value) => (typeof value === "string" && /^\s*\d+\s*$/.test(value) ? Number(value) : (value ?? fallback)),
    z.number("is no number of milliseconds").int().min(1).max(600_000),
  );

const request = z.object({
  bootStrapServers: z
    .string("No boot strap servers specified")
    .trim()
    .min(1, "No boot strap servers specified"),
  topic: z.string(`Missing Kafka topic. ${SEE}`).trim().min(1, `Missing Kafka topic. ${SEE}`),
  value: z.unknown().optional(),
  key: z.unknown().optional(),
  keySerializer: z.string().nullish(),
  headers: z.record(z.string(), z.unknown()).nullish(),
  requestTimeoutMs: milliseconds(DEFAULT_TIMEOUT_MS),
  maxBlockMs: milliseconds(DEFAULT_TIMEOUT_MS),
});

/**
 * KAFKA_PUBLISH: sends `value` as JSON text, once, and completes with no output when the broker has acknowledged it. A call
 * that the egress policy forbids fails the task for good.
 */
export async function runKafkaPublish(
  producers: KafkaProducers,
  task: { readonly taskId: string; readonly input: TaskData },
  signal?: AbortSignal,
): Promise<SystemTaskResult> {
  const given = task.input["kafka_request"];
  if (typeof given !== "object" || given === null) {
    return failed(
      `Missing Kafka request. Task input MUST have a 'kafka_request' key with KafkaTask.Input as value. ${SEE}`,
    );
  }
  const parsed = request.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const { path = [], message = "" } = issue ?? {};
    const isOwnText = /^(No boot strap|Missing Kafka)/.test(message);
    return failed(isOwnText ? message : `the Kafka request is at fault: ${path.join(".")} ${message}`);
  }
  const { bootStrapServers, topic, value, key, keySerializer, headers } = parsed.data;
  if (value === undefined || value === null) return failed(`Missing Kafka value. ${SEE}`);
  try {
    const sink = producers.sinkFor({
      brokers: brokersOf(bootStrapServers),
      requestTimeoutMs: parsed.data.requestTimeoutMs,
      connectTimeoutMs: parsed.data.maxBlockMs,
    });
    const message = {
      id: task.taskId,
      destination: topic,
      key: serializeKey(key, keySerializer),
      value: JSON.stringify(value),
      headers: Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, header]) => [name, textOf(header)]),
      ),
    };
    await sink.publish(message, signal);
    return completed({});
  } catch (error) {
    signal?.throwIfAborted();
    const reason = `Failed to invoke kafka task due to: ${error instanceof Error ? error.message : String(error)}`;
    return error instanceof HeddleError && !error.retryable ? failedForGood(reason) : failed(reason);
  }
}

function brokersOf(bootStrapServers: string): string[] {
  const brokers = bootStrapServers.split(",").map((broker) => broker.trim());
  const fault = brokers.find((broker) => !/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+):\d{1,5}$/i.test(broker));
  if (fault === undefined) return brokers;
  throw new InvalidArgumentError(`bootStrapServers: "${fault.slice(0, 200)}" is no host:port`, {
    details: { field: "bootStrapServers" },
  });
}

/** By the last word of a Java class name; text unless it says otherwise. */
function serializeKey(key: unknown, serializer: string | null | undefined): string | Buffer | undefined {
  if (key === undefined || key === null) return undefined;
  const [, width] = /(Integer|Long)Serializer$/.exec(serializer ?? "") ?? [];
  if (width === undefined) return textOf(key);
  const bits = width === "Integer" ? 32 : 64;
  const text = textOf(key).trim();
  const number = /^[+-]?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (number === undefined || BigInt.asIntN(bits, number) !== number) {
    throw new InvalidArgumentError(
      `key ${JSON.stringify(text.slice(0, 100))} is no integer of ${bits} bits`,
      {
        details: { field: "key" },
      },
    );
  }
  const bytes = Buffer.alloc(bits / 8);
  if (bits === 32) bytes.writeInt32BE(Number(number));
  else bytes.writeBigInt64BE(number);
  return bytes;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
