import type { RedisConnectionOptions } from "@heddle/protocol";
import { startTestCluster, startTestRedis } from "@heddle/testkit";
import { Redis } from "ioredis";
import type { BenchSettings } from "../../section.js";
import { readRedisUsage } from "../../usage/redis-usage.js";

type Durability = BenchSettings["durability"];

/** The Redis of one measurement, and what its servers say of themselves; figures of a cluster are sums. */
export interface RedisServers {
  readonly connection: RedisConnectionOptions;
  /** One connection per server, for looking only. */
  readonly observers: readonly Redis[];
  figures(): Promise<RedisFigures>;
  stop(): Promise<void>;
}

export interface RedisFigures {
  /** Since the start of the server. */
  readonly cpuMs: number;
  /** Commands executed so far, those inside scripts included, those of this looking left out. */
  readonly commands: number;
  readonly usedBytes: number;
  /** Without the observer's. */
  readonly connections: number;
  readonly keys: number;
}

/** Without `rewrites` the append-only file only grows, so that no rewrite falls into one run and not into the next. */
export async function startServer(
  durability: Durability,
  options: { readonly rewrites: boolean } = { rewrites: false },
): Promise<RedisServers> {
  const server = await startTestRedis({
    appendFsync: durability,
    extraArguments: options.rewrites ? [] : ["--auto-aof-rewrite-percentage", "0"],
  });
  return servers({ url: server.url }, [new Redis(server.url)], () => server.stop());
}

export async function startCluster(durability: Durability, nodeCount: number): Promise<RedisServers> {
  const cluster = await startTestCluster({ nodes: nodeCount });
  const observers = cluster.nodes.map(({ host, port }) => new Redis(port, host));
  const started = servers({ cluster: cluster.nodes }, observers, () => cluster.stop());
  try {
    for (const observer of observers) {
      await observer.config("SET", "auto-aof-rewrite-percentage", "0");
      await observer.config("SET", "appendfsync", durability);
      // Test clusters keep no file; what is compared with a single server must write as much as that.
      await observer.config("SET", "appendonly", "yes");
    }
    return started;
  } catch (error) {
    await started.stop();
    throw error;
  }
}

/** Runs the work on servers of its own and ends them, also when the work fails. */
export async function onServers<Result>(
  starting: Promise<RedisServers>,
  work: (servers: RedisServers) => Promise<Result>,
): Promise<Result> {
  const started = await starting;
  try {
    return await work(started);
  } finally {
    await started.stop();
  }
}

function servers(
  connection: RedisConnectionOptions,
  observers: readonly Redis[],
  stop: () => Promise<void>,
): RedisServers {
  return {
    connection,
    observers,
    figures: async () => (await Promise.all(observers.map(figuresOf))).reduce(sumOf),
    stop: async () => {
      for (const observer of observers) observer.disconnect();
      await stop();
    },
  };
}

const LOOKING = new Set(["info", "dbsize"]);

async function figuresOf(redis: Redis): Promise<RedisFigures> {
  const { cpuMs, callsByCommand } = await readRedisUsage(redis);
  const info = `${await redis.info("memory")}${await redis.info("clients")}`;
  const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
  let commands = 0;
  for (const [command, calls] of callsByCommand) if (!LOOKING.has(command)) commands += calls;
  return {
    cpuMs,
    commands,
    usedBytes: field("used_memory"),
    connections: field("connected_clients") - 1,
    keys: await redis.dbsize(),
  };
}

function sumOf(left: RedisFigures, right: RedisFigures): RedisFigures {
  return {
    cpuMs: left.cpuMs + right.cpuMs,
    commands: left.commands + right.commands,
    usedBytes: left.usedBytes + right.usedBytes,
    connections: left.connections + right.connections,
    keys: left.keys + right.keys,
  };
}
