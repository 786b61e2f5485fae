import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { spawnBenchProcess } from "../bench-process.js";
import type { Contender } from "../contender.js";
import { ResultListener } from "./result-listener.js";

/** Three hand-chained BullMQ jobs, without any history: the same queue and process split as the system's own W1q. */
export function chainedJobs(url: string): Promise<Contender> {
  return bullJobs({
    url,
    name: "3 chained BullMQ jobs",
    queue: "chained",
    worker: new URL("./chained-worker.ts", import.meta.url),
    job: (id) => ({ id, step: 1, value: 0 }),
  });
}

/** What many do instead of a workflow engine: one BullMQ job that does all steps and keeps its progress in its data. */
export function checkpointedJob(url: string): Promise<Contender> {
  return bullJobs({
    url,
    name: "1 BullMQ job with 3 checkpoints",
    queue: "checkpointed",
    worker: new URL("./checkpointed-worker.ts", import.meta.url),
    job: (id) => ({ id, stepsDone: 0, value: 0 }),
  });
}

/** The client adds a job to the queue; the worker publishes its id on `bench:<queue>` when all is done. */
async function bullJobs(options: {
  readonly url: string;
  readonly name: string;
  readonly queue: string;
  readonly worker: URL;
  readonly job: (id: string) => object;
}): Promise<Contender> {
  const { url, name } = options;
  const worker = await spawnBenchProcess({ role: "worker", entry: options.worker, env: { REDIS_URL: url } });
  const connection = new Redis(url);
  const queue = new Queue(options.queue, { connection, prefix: "{bench}" });
  const results = await ResultListener.open(url, `bench:${options.queue}`);
  return {
    name,
    processes: [worker],
    run: async (id) => {
      const done = results.result(id);
      await queue.add("job", options.job(id), { removeOnComplete: true, removeOnFail: true });
      await done;
    },
    stop: async () => {
      await queue.close();
      connection.disconnect();
      results.close();
      await worker.kill();
    },
  };
}
