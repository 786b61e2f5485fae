import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { spawnProcess } from "@heddle/testkit";

/** Three hand-chained BullMQ jobs, without any history: the same queue and process split as the system's own W1q. */
export async function chainedJobs(url: string) {
  const worker = await spawnProcess({
    name: "chained worker",
    entry: new URL("./chained-worker.ts", import.meta.url).pathname,
    env: { REDIS_URL: url },
    readyWhen: /ready/,
  });
  const connection = new Redis(url);
  const subscriber = new Redis(url);
  const queue = new Queue("chained", { connection, prefix: "{bench}" });
  const waiting = new Map<string, () => void>();
  await subscriber.subscribe("bench:done");
  subscriber.on("message", (_channel, id: string) => {
    waiting.get(id)?.();
    waiting.delete(id);
  });
  return {
    run: async (id: string): Promise<void> => {
      const done = new Promise<void>((resolve) => waiting.set(id, resolve));
      await queue.add("step", { id, step: 1, value: 0 }, { removeOnComplete: true, removeOnFail: true });
      await done;
    },
    stop: async (): Promise<void> => {
      await queue.close();
      connection.disconnect();
      subscriber.disconnect();
      await worker.kill();
    },
  };
}
