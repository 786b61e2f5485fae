// Vitest global set-up: one Redis and one cluster for the whole run, however many projects name this file.
import type {} from "vitest";
import type { TestProject } from "vitest/node";
import { locateKcat } from "./locate-kcat.js";
import { startTestCluster, type ClusterNode, type TestCluster } from "./test-cluster.js";
import { startTestRedis } from "./start-test-redis.js";
import type { TestRedis } from "./test-redis.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** A standalone server shared by all tests; use a namespace of your own. */
    redisUrl: string;
    /** A cluster of three primaries shared by all tests. */
    clusterNodes: ClusterNode[];
  }
}

interface SharedServers {
  userCount: number;
  readonly started: Promise<{ readonly redis: TestRedis; readonly cluster: TestCluster }>;
}

// Each project loads its own copy of this module; the process is what they share.
const shared = globalThis as { heddleTestServers?: SharedServers };

export default async function setup(project: Pick<TestProject, "provide">): Promise<() => Promise<void>> {
  shared.heddleTestServers ??= { userCount: 0, started: startServers() };
  const servers = shared.heddleTestServers;
  servers.userCount += 1;
  const { redis, cluster } = await servers.started;
  project.provide("redisUrl", redis.url);
  project.provide("clusterNodes", cluster.nodes);
  return async () => {
    servers.userCount -= 1;
    if (servers.userCount > 0) return;
    delete shared.heddleTestServers;
    await Promise.all([redis.stop(), cluster.stop()]);
  };
}

async function startServers(): Promise<{ redis: TestRedis; cluster: TestCluster }> {
  // Where kcat has to be fetched, that is no part of a test's time; the tests that need it say why it could not be.
  const fetching = locateKcat().catch(() => undefined);
  const [redis, cluster] = await Promise.all([startTestRedis(), startTestCluster(), fetching]);
  return { redis, cluster };
}
