import { lookup } from "node:dns/promises";
import { setTimeout as delay } from "node:timers/promises";
import { conductorPlugin } from "@heddle/conductor/gateway";
import { QueueClient, WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { randomIdSource } from "@heddle/redis-store";
import {
  connectStore,
  connectTaskQueue,
  consumeIngestionQueue,
  runService,
  type ServiceLife,
} from "@heddle/service-process";
import { readConfiguration, type Configuration } from "./configuration.js";

await runService({
  name: "gateway",
  configure: readConfiguration,
  stopWithinMs: ({ preStopMs, drainMs }) => preStopMs + drainMs,
  start,
});

async function start(configuration: Configuration, life: ServiceLife): Promise<void> {
  const { host, port, namespace, corsOrigins, limits, webhooks, eventRules, preStopMs } = configuration;
  const { log, beforeExit } = life;
  const store = await connectStore(configuration, life);
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const taskQueue = connectTaskQueue(configuration, life);
  const queues = new QueueClient(store, taskQueue);
  const access = { ...configuration.access, store: store.access };
  if (access.credentials === "none") log.warn("HEDDLE_DEV: whoever reaches this gateway may do everything");
  const plugins =
    configuration.conductor === undefined
      ? []
      : [
          conductorPlugin({
            ...{ client, queues, documents: store.documents, store, tickets: taskQueue },
            ...configuration.conductor,
          }),
        ];
  const trustProxy = configuration.trustProxy.length > 0 ? [...configuration.trustProxy] : false;
  const gateway = createGateway({
    ...{ client, queues, log, access, corsOrigins, trustProxy, webhooks, eventRules, limits, plugins },
  });
  const { ingestionQueue: queue, ingestionConcurrency: concurrency } = configuration;
  const jobs =
    queue === undefined
      ? undefined
      : consumeIngestionQueue(configuration, life, { queue, concurrency, handle: gateway.handleJob });
  beforeExit(async () => {
    gateway.drain();
    // Whoever has not seen yet that this replica is not ready goes on being served.
    await delay(preStopMs);
    await Promise.all([gateway.close(), jobs?.close()]);
  });
  // One address, because Fastify serves the others of a name without what the gateway hangs on its server.
  const { address } = await lookup(host);
  const url = await gateway.listen({ host: address, port, listenTextResolver: () => "gateway listening" });
  log.info({ url, namespace, ingestionQueue: queue }, "gateway ready");
}
