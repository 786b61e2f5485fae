// The worker of the baseline "three hand-chained BullMQ jobs": each job adds the next, the last tells the client.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { answerUsage } from "../usage/answer-usage.js";

const { REDIS_URL: url = "" } = process.env;
const connection = new Redis(url, { maxRetriesPerRequest: null });
const publisher = new Redis(url);
const queue = new Queue("chained", { connection, prefix: "{bench}" });

interface Step {
  readonly id: string;
  readonly step: number;
  readonly value: number;
}

const JOB_OPTIONS = { removeOnComplete: true, removeOnFail: true };
const worker = new Worker<Step>(
  "chained",
  async (job) => {
    const { id, step, value } = job.data;
    if (step === 3) await publisher.publish("bench:chained", id);
    else await queue.add("step", { id, step: step + 1, value: value + 1 }, JOB_OPTIONS);
  },
  { connection, prefix: "{bench}", concurrency: 200 },
);
await worker.waitUntilReady();
answerUsage();
console.log("ready");
