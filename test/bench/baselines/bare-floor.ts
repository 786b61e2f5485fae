import { Redis } from "ioredis";

/** One durable transition of about seven commands: what any engine on Redis has to do at least. */
const TRANSITION = `#!lua
local header, history, inbox, index, id, data = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[2]
local seen = redis.call("HMGET", header, "runId", "status", "historyLength")
redis.call("HSET", header, "runId", id, "status", "running", "updatedAtMs", ARGV[3])
redis.call("HINCRBY", header, "historyLength", 1)
redis.call("RPUSH", history, data)
local entry = redis.call("XADD", inbox, "*", "id", id, "data", data)
redis.call("XDEL", inbox, entry)
redis.call("ZADD", index, ARGV[3], id)
return seen`;

/** Bare commits with no engine, batched as well as the system batches: `calls` transitions one after the other. */
export async function bareFloor(url: string, calls: number) {
  const client = new Redis(url);
  const sha = (await client.script("LOAD", TRANSITION)) as string;
  let waiting: { args: string[]; resolve: () => void; reject: (error: Error) => void }[] = [];
  const flush = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    try {
      const pipeline = client.pipeline();
      for (const { args } of batch) pipeline.evalsha(sha, 4, ...args);
      await pipeline.exec();
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
    }
  };
  const transition = (id: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const args = [
        `{b}:w:${id}`,
        `{b}:h:${id}`,
        "{b}:inbox",
        "{b}:index",
        id,
        "x".repeat(60),
        String(Date.now()),
      ];
      waiting.push({ args, resolve, reject });
      if (waiting.length === 1) setImmediate(() => void flush());
    });
  return {
    run: async (id: string): Promise<void> => {
      for (let call = 0; call < calls; call++) await transition(id);
    },
    stop: (): Promise<void> => {
      client.disconnect();
      return Promise.resolve();
    },
  };
}
