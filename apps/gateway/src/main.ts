import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { HeddleError, MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import closeWithGrace from "close-with-grace";
import { readConfiguration, type Configuration } from "./configuration.js";

try {
  await serve(readConfiguration(process.env));
} catch (error) {
  // What an operator can repair is said in words; anything else with its stack.
  console.error(error instanceof HeddleError ? `heddle gateway: ${error.message}` : error);
  process.exit(1);
}

async function serve(configuration: Configuration): Promise<void> {
  const { redisUrl, namespace, prefix, host, port, drainMs } = configuration;
  const log = createLogger({ name: "gateway", level: configuration.logLevel });
  const store = await createRedisStore({
    connection: { url: redisUrl },
    namespace,
    prefix,
  });
  if (!store.server.appendOnly) {
    log.warn(
      "Redis keeps no append-only file: acknowledged writes are lost when it crashes; set appendonly yes",
    );
  }
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const gateway = createGateway({ client, log });

  closeWithGrace(
    { delay: drainMs, logger: { error: (reason: unknown) => log.error({ reason }, "gateway cut off") } },
    async ({ err, signal }) => {
      if (err !== undefined) log.fatal({ err }, "gateway stops after an error");
      else log.info({ signal, drainMs }, "gateway draining");
      gateway.drain();
      await gateway.close();
      await store.close();
      log.info("gateway stopped");
    },
  );

  const url = await gateway.listen({ host, port, listenTextResolver: () => "gateway listening" });
  log.info({ url, namespace }, "gateway ready");
}
