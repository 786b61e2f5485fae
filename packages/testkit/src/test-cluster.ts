import { findFreePort, startEmbeddedRedis, type EmbeddedRedis } from "@heddle/embedded-redis";
import { Redis } from "ioredis";
import { waitFor } from "./wait-for.js";

const SLOT_COUNT = 16_384;
// Short, so that a test of a lost node does not wait for the default of 15 s.
const NODE_TIMEOUT_MS = 2_000;

export interface ClusterNode {
  readonly host: string;
  readonly port: number;
}

export interface TestCluster {
  readonly nodes: ClusterNode[];
  stop(): Promise<void>;
}

/** A Redis Cluster of local primaries without replicas; the slots are divided evenly among them. */
export async function startTestCluster({ nodes: nodeCount = 3 } = {}): Promise<TestCluster> {
  const starts = await Promise.allSettled(Array.from({ length: nodeCount }, startNode));
  const servers = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(({ server }) => server.stop()));
  };
  try {
    for (const start of starts) if (start.status === "rejected") throw start.reason;
    await joinNodes(servers);
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes: servers.map(({ server }) => ({ host: "127.0.0.1", port: server.port })), stop };
}

interface StartedNode {
  readonly server: EmbeddedRedis;
  readonly busPort: number;
}

async function startNode(): Promise<StartedNode> {
  const busPort = await findFreePort();
  const server = await startEmbeddedRedis({
    ephemeral: true,
    extraArguments: [
      ...["--cluster-enabled", "yes", "--cluster-port", String(busPort)],
      ...["--cluster-node-timeout", String(NODE_TIMEOUT_MS), "--appendonly", "no"],
    ],
  });
  return { server, busPort };
}

async function joinNodes(nodes: readonly StartedNode[]): Promise<void> {
  const clients = nodes.map(({ server }) => new Redis(server.port, "127.0.0.1"));
  try {
    await Promise.all(
      clients.map(async (client, index) => {
        // Distinct from the start: nodes that meet with equal epochs first have to resolve the collision.
        await client.cluster("SET-CONFIG-EPOCH", index + 1);
        const firstSlot = Math.floor((index * SLOT_COUNT) / nodes.length);
        const lastSlot = Math.floor(((index + 1) * SLOT_COUNT) / nodes.length) - 1;
        await client.call("CLUSTER", "ADDSLOTSRANGE", firstSlot, lastSlot);
      }),
    );
    const [first] = clients;
    if (first === undefined) throw new Error("a cluster needs at least one node");
    for (const { server, busPort } of nodes.slice(1)) {
      await first.call("CLUSTER", "MEET", "127.0.0.1", server.port, busPort);
    }
    await Promise.all(clients.map((client) => waitUntilJoined(client, nodes.length)));
  } finally {
    for (const client of clients) client.disconnect();
  }
}

/** Every node must say so itself: a client may ask any of them for the slots. */
async function waitUntilJoined(client: Redis, nodeCount: number): Promise<void> {
  await waitFor(
    async () => {
      const info = await client.cluster("INFO");
      const isWhole = info.includes("cluster_state:ok") && info.includes(`cluster_size:${nodeCount}\r\n`);
      return isWhole || Promise.reject(new Error(info));
    },
    { description: "every node sees the whole cluster", timeoutMs: 20_000 },
  );
}
