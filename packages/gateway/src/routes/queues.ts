import { MAX_QUEUE_PAGE, type QueueClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { wholeNumber } from "./parameters.js";
import { jsonReply, PROBLEMS } from "./replies.js";

const listQuery = z.strictObject({
  limit: wholeNumber({
    least: 1,
    most: MAX_QUEUE_PAGE,
    description: "Items of a page. Without it: 50",
  }).optional(),
  cursor: z.string().optional().describe("What the page before returned"),
});

const queuePath = z.object({ name: z.string().describe("Name of the queue") });
const describeQuery = z.strictObject({
  targetPerWorker: wholeNumber({
    least: 1,
    most: 1_000_000,
    description:
      "Backlog that one worker is to have. Without it: the mean concurrency of the live workers, or 100",
  }).optional(),
  maxWaitMs: wholeNumber({
    least: 0,
    most: 999_999_999_999_999,
    description:
      "Longest wait of a ticket before one more worker than there are is recommended. Without it: 60000",
  }).optional(),
});

const summaryFields = {
  name: z.string(),
  waiting: z.int().describe("Tickets that no worker has fetched"),
  active: z.int().describe("Attempts in workers; one that waits to be completed from outside is in none"),
  backlog: z.int().describe("`waiting` and `active` together"),
  oldestWaitingAgeMs: z.int().describe("How long the oldest ticket waits; 0 when none does"),
  liveWorkers: z.int().describe("Workers that said within 15 s that they serve the queue"),
  recommendedReplicas: z.int().describe("Workers that the queue needs; see docs/scaling.md for the rule"),
};
const queueList = z
  .object({
    items: z.array(z.object(summaryFields).meta({ id: "QueueSummary" })),
    cursor: z.string().optional().describe("For the next page; absent on the last"),
  })
  .meta({ id: "QueueList" });
const worker = z
  .object({
    id: z.string(),
    host: z.string(),
    concurrency: z.int().describe("Attempts at once, of this queue"),
    active: z.int().describe("Attempts that it ran when it was last seen"),
    lastSeenAt: z.iso.datetime(),
  })
  .meta({ id: "LiveWorker" });
const queueDescription = z
  .object({
    ...summaryFields,
    targetPerWorker: z.int().describe("What the recommendation was made for"),
    workers: z.array(worker).describe("Those who said last that they live; at most 100"),
  })
  .meta({ id: "QueueDescription" });

/** Queues and who serves them, for people and for whoever scales workers. */
export function queues(api: GatewayApp, client: QueueClient): void {
  api.get(
    "/queues",
    {
      schema: {
        operationId: "listQueues",
        summary: "List the queues that were used within a week, by name",
        tags: ["queues"],
        querystring: listQuery,
        response: { 200: jsonReply("One page", queueList), ...PROBLEMS },
      },
    },
    async (request) => {
      const { items, cursor } = await client.list(request.query);
      return { items: [...items], cursor };
    },
  );
  api.get(
    "/queues/:name",
    {
      schema: {
        operationId: "describeQueue",
        summary: "How much waits in a queue, who serves it, and how many workers it needs",
        description: "A queue that nobody has used yet is empty.",
        tags: ["queues"],
        params: queuePath,
        querystring: describeQuery,
        response: { 200: jsonReply("The queue", queueDescription), ...PROBLEMS },
      },
    },
    async (request) => {
      const { workers, ...queue } = await client.describe(request.params.name, request.query);
      return {
        ...queue,
        workers: workers.map(({ lastSeenAtMs, ...rest }) => ({
          ...rest,
          lastSeenAt: new Date(lastSeenAtMs).toISOString(),
        })),
      };
    },
  );
}
