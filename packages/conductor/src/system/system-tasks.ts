import { HttpSender, type HttpOptions } from "./http/http-sender.js";
import type { MessageSinks } from "./event/event-task.js";
import { KafkaProducers, type KafkaOptions } from "./kafka/kafka-producers.js";
import { Sandbox, type SandboxOptions } from "./sandbox/sandbox.js";

export interface SystemTaskOptions {
  /** Time and memory of scripts and jq programs. */
  readonly sandbox?: SandboxOptions;
  /** Where HTTP tasks may go, and how far. */
  readonly http?: HttpOptions;
  /** Where KAFKA_PUBLISH tasks may go, and the brokers of EVENT sinks `kafka:<topic>`. */
  readonly kafka?: KafkaOptions;
  /** Further providers of EVENT sinks, for example `conductor`. They are closed with the rest. */
  readonly sinks?: MessageSinks;
  /** What `${workflow.secrets.NAME}` stands for. It is put in when a task is done, and stored nowhere. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** What system tasks need that is opened once per process: threads, connections, producers. All of it on first use. */
export interface SystemTasks {
  readonly sandbox: Sandbox;
  readonly http: HttpSender;
  readonly kafka: KafkaProducers;
  readonly sinks: MessageSinks;
  readonly secrets: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Throws `ConfigurationError` for an option that cannot be. */
export function createSystemTasks(options: SystemTaskOptions = {}): SystemTasks {
  const sandbox = new Sandbox(options.sandbox);
  const http = new HttpSender(options.http);
  const kafka = new KafkaProducers(options.kafka);
  const given = options.sinks ?? {};
  return {
    sandbox,
    http,
    kafka,
    secrets: options.secrets ?? {},
    sinks: kafka.eventSink === undefined ? given : { kafka: kafka.eventSink, ...given },
    close: async () => {
      sandbox.close();
      await Promise.all([http.close(), kafka.close(), ...Object.values(given).map((sink) => sink.close())]);
    },
  };
}
