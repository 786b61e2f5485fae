// The measured gateway: wired as apps/gateway does it, and it tells by request what it uses.
import { openSync, writeSync } from "node:fs";
import { devNull } from "node:os";
import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { endInOrder } from "../../processes/ending.js";
import { setting } from "../../processes/setting.js";
import { answerUsage } from "../usage/answer-usage.js";

/** More than can be called, so that the limiter does its work and refuses nothing. */
const REQUESTS_PER_SECOND = 1_000_000;

const store = await createRedisStore({
  connection: { url: setting("REDIS_URL") },
  namespace: setting("HEDDLE_NAMESPACE"),
});
const nowhere = openSync(devNull, "w");
const gateway = createGateway({
  client: new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES }),
  log: createLogger({ name: "gateway", destination: { write: (line) => void writeSync(nowhere, line) } }),
  access: {
    store: store.access,
    credentials: { adminKey: setting("HEDDLE_ADMIN_KEY") },
    requestsPerSecond: REQUESTS_PER_SECOND,
  },
});
const url = await gateway.listen({ host: "127.0.0.1", port: 0 });
answerUsage();
endInOrder(async () => {
  gateway.drain();
  await gateway.close();
  await store.close();
});
console.log(`ready ${url}`);
