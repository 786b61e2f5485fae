// The worker of the baseline "one BullMQ job with checkpoints": the data of the job say where a retry goes on.
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { answerUsage } from "../usage/answer-usage.js";

const { REDIS_URL: url = "" } = process.env;
const connection = new Redis(url, { maxRetriesPerRequest: null });
const publisher = new Redis(url);

interface Progress {
  readonly id: string;
  readonly stepsDone: number;
  readonly value: number;
}

const STEPS = 3;
const worker = new Worker<Progress>(
  "checkpointed",
  async (job) => {
    while (job.data.stepsDone < STEPS) {
      const { id, stepsDone, value } = job.data;
      await job.updateData({ id, stepsDone: stepsDone + 1, value: value + 1 });
    }
    await publisher.publish("bench:checkpointed", job.data.id);
  },
  { connection, prefix: "{bench}", concurrency: 200 },
);
await worker.waitUntilReady();
answerUsage();
console.log("ready");
