import {
  conductorSink,
  createSystemTasks,
  definitionActivities,
  domainActivities,
  eventActivities,
  EventHandlerStore,
  KafkaEventSource,
  MetadataStore,
  systemTaskActivities,
} from "@heddle/conductor";
import { WorkflowClient } from "@heddle/core";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { randomIdSource, type RedisStore } from "@heddle/redis-store";
import type { ServiceLife } from "@heddle/service-process";
import { messageFirstLog } from "@heddle/telemetry";
import type { Configuration } from "./configuration.js";

/**
 * What Conductor's definitions need a process of their own for: networks, scripts, registered definitions, event handlers.
 * Where brokers of Kafka are set up, messages of their topics are taken as well.
 */
export function conductorActivities(
  {
    namespace,
    systemTasks: { environment, ...options },
  }: { readonly namespace: string; readonly systemTasks: NonNullable<Configuration["systemTasks"]> },
  store: RedisStore,
  { beforeExit, log }: ServiceLife,
) {
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const handlers = new EventHandlerStore(store.documents);
  const tasks = createSystemTasks({ ...options, sinks: { conductor: conductorSink(client) } });
  beforeExit(() => tasks.close());
  const { eventConnection: connection } = tasks.kafka;
  if (connection !== undefined) {
    const groupId = `heddle-${namespace}`;
    const source = new KafkaEventSource({ connection, groupId, handlers, client, log: messageFirstLog(log) });
    beforeExit(() => source.close());
    source.start();
  }
  return [
    ...systemTaskActivities(tasks),
    ...definitionActivities(new MetadataStore(store.documents)),
    ...domainActivities(store),
    ...eventActivities({ client, handlers, environment }),
  ];
}
