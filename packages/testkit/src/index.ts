export { startTestRedis, type TestRedisOptions } from "./start-test-redis.js";
export type { TestRedis } from "./test-redis.js";
export { startTestCluster, type ClusterNode, type TestCluster } from "./test-cluster.js";

export { spawnProcess } from "./spawned-process.js";
export type { ProcessExit, SpawnedProcess, SpawnProcessOptions } from "./spawned-process.js";
export type { LinePattern } from "./output-lines.js";
export { startKafkaCluster, type KafkaCluster, type KafkaMessage } from "./kafka-cluster.js";
export { startTcpProxy, type TcpProxy } from "./tcp-proxy.js";

export { randomNamespace } from "./random-namespace.js";
export { waitFor, type WaitForOptions } from "./wait-for.js";
