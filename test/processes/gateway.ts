// A gateway under test; its breaking point lies where the script has run and the reply has not been sent.
import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { consumeForeignJobs } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { breakingPoint } from "./breaking-point.js";
import { endInOrder } from "./ending.js";
import { numberSetting, setting } from "./setting.js";

const log = createLogger({ name: "gateway", level: "debug" });
const store = await createRedisStore({
  connection: { url: setting("REDIS_URL") },
  namespace: setting("HEDDLE_NAMESPACE"),
});
const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
const gateway = createGateway({ client, access: { store: store.access, credentials: "none" }, log });
const breakAt = breakingPoint();
const queue = process.env["INGESTION_QUEUE"];
const jobs =
  queue === undefined
    ? undefined
    : consumeForeignJobs({
        connection: { url: setting("REDIS_URL") },
        namespace: setting("HEDDLE_NAMESPACE"),
        ...{ queue, concurrency: 5, log },
        handle: async (job) => {
          breakAt("gateway.fetched");
          const outcome = await gateway.handleJob(job);
          breakAt("gateway.ingested");
          return outcome;
        },
      });
gateway.addHook("onSend", (request, _reply, _payload, done) => {
  if (request.method === "POST") breakAt("gateway.accepted");
  done();
});
endInOrder(async () => {
  gateway.drain();
  await jobs?.close();
  await gateway.close();
  await store.close();
});
const url = await gateway.listen({ host: "127.0.0.1", port: numberSetting("PORT", 0) });
console.log(`gateway ready at ${url}`);
