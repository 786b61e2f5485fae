import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { randomIdSource } from "@heddle/redis-store";
import { connectStore, runService, type ServiceLife } from "@heddle/service-process";
import { readConfiguration, type Configuration } from "./configuration.js";

await runService({
  name: "gateway",
  configure: readConfiguration,
  stopWithinMs: ({ drainMs }) => drainMs,
  start,
});

async function start(configuration: Configuration, life: ServiceLife): Promise<void> {
  const { host, port, namespace, corsOrigins, limits, webhooks, eventRules } = configuration;
  const { log, beforeExit } = life;
  const store = await connectStore(configuration, life);
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const access = { ...configuration.access, store: store.access };
  if (access.credentials === "none") log.warn("HEDDLE_DEV: whoever reaches this gateway may do everything");
  const trustProxy = configuration.trustProxy.length > 0 ? [...configuration.trustProxy] : false;
  const options = { client, log, access, corsOrigins, trustProxy, limits, webhooks, eventRules };
  const gateway = createGateway(options);
  beforeExit(() => {
    gateway.drain();
    return gateway.close();
  });
  const url = await gateway.listen({ host, port, listenTextResolver: () => "gateway listening" });
  log.info({ url, namespace }, "gateway ready");
}
