// A process that waits for the others and then sends its start-or-signals all at once; started by a test.
import { Engine } from "heddle";
import { Redis } from "ioredis";
import { testSetting } from "./test-setting.js";

const namespace = testSetting("BURST_NAMESPACE");
const url = testSetting("REDIS_URL");
const callers = Number(testSetting("BURST_CALLERS"));

const engine = await Engine.create({ url, namespace, roles: ["client"] });
const redis = new Redis(url);
console.log("at the barrier");
await redis.xread("BLOCK", 20_000, "STREAMS", testSetting("BURST_BARRIER"), "0");
const handles = await Promise.all(
  Array.from({ length: callers }, (_, index) =>
    engine.startOrSignal(
      "collect-notes",
      { count: 1 },
      { name: "note", payload: process.pid * 1_000 + index },
      { idempotencyKey: "one-key" },
    ),
  ),
);
console.log(`sent ${JSON.stringify(handles.map(({ id, runId, outcome }) => ({ id, runId, outcome })))}`);
redis.disconnect();
await engine.shutdown();
