import { LRUCache } from "lru-cache";
import { EgressPolicy, type EgressOptions } from "../egress/egress-policy.js";
import type { MessageSink } from "../event/message-sink.js";
import type { KafkaConnection, KafkaCredentials } from "./kafka-client.js";
import { KafkaSink } from "./kafka-sink.js";

export interface KafkaOptions extends EgressOptions {
  /** Brokers that EVENT tasks with a sink `kafka:<topic>` publish to; they are allowed hosts without saying so. */
  readonly brokers?: readonly string[];
  /** For `brokers` alone: other servers, which tasks name, get no credentials. */
  readonly ssl?: KafkaConnection["ssl"];
  readonly sasl?: KafkaCredentials;
}

/** As Conductor keeps them. */
const MAX_PRODUCERS = 10;
const IDLE_MS = 120_000;

/** One producer per cluster and settings, closed when it was idle for two minutes or too many are open. */
export class KafkaProducers {
  readonly #policy: EgressPolicy;
  readonly #closing = new Set<Promise<void>>();
  readonly #sinks = new LRUCache<string, KafkaSink>({
    max: MAX_PRODUCERS,
    ttl: IDLE_MS,
    updateAgeOnGet: true,
    ttlAutopurge: true,
    dispose: (sink) => {
      const closed = sink.close().finally(() => this.#closing.delete(closed));
      this.#closing.add(closed);
    },
  });
  /** The cluster that is set up: EVENT tasks publish there, and event handlers take messages from there. */
  readonly eventConnection: KafkaConnection | undefined;
  readonly eventSink: MessageSink | undefined;

  constructor(options: KafkaOptions = {}) {
    const { brokers, ssl, sasl, ...egress } = options;
    this.#policy = new EgressPolicy({
      ...egress,
      allowedHosts: [...(egress.allowedHosts ?? []), ...(brokers ?? [])],
      allowedPorts: egress.allowedPorts ?? [9092, 9093, 9094],
    });
    if (brokers !== undefined) {
      const timeouts = { requestTimeoutMs: 30_000, connectTimeoutMs: 10_000 };
      this.eventConnection = { brokers, policy: this.#policy, ssl, sasl, ...timeouts };
      this.eventSink = new KafkaSink(this.eventConnection);
    }
  }

  sinkFor(settings: Pick<KafkaConnection, "brokers" | "requestTimeoutMs" | "connectTimeoutMs">): KafkaSink {
    const name = JSON.stringify(settings);
    const known = this.#sinks.get(name);
    if (known !== undefined) return known;
    const sink = new KafkaSink({ ...settings, policy: this.#policy });
    this.#sinks.set(name, sink);
    return sink;
  }

  async close(): Promise<void> {
    this.#sinks.clear();
    await Promise.all([...this.#closing, this.eventSink?.close()]);
  }
}
