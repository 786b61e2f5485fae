import { assertQueueName, type QueueDescription, type QueuePage, type QueueSummary } from "@heddle/protocol";
import type { CallOptions } from "./call-options.js";
import { withParameters } from "./call-parameters.js";
import { apiPath } from "./http/path.js";
import type { ReplyBody } from "./http/reply-body.js";
import type { Transport } from "./http/transport.js";

export interface ListQueuesOptions extends CallOptions {
  /** Items of a page, 1 to 100. Default 50. */
  readonly limit?: number | undefined;
  /** Continues behind the last item of the page that returned it. */
  readonly cursor?: string | undefined;
}

export interface DescribeQueueOptions extends CallOptions {
  /** Backlog that one worker is to have, 1 to 1,000,000. Default: the mean concurrency of the live workers, or 100. */
  readonly targetPerWorker?: number | undefined;
  /** Longest wait of a ticket, in ms, before one more worker than there are is recommended. Default 60 s. */
  readonly maxWaitMs?: number | undefined;
}

/** Queues of activities: how much waits in them, and who serves them. */
export class Queues {
  constructor(private readonly transport: Transport) {}

  /** Queues that were used within a week, in order of their names. Errors: `InvalidArgumentError`. */
  async list({ signal, ...page }: ListQueuesOptions = {}): Promise<QueuePage> {
    const path = withParameters(apiPath("queues"), page);
    const { body } = await this.transport.send({ method: "GET", path, applies: "nothing", signal });
    const cursor = body.optionalText("cursor");
    return { items: body.list("items").map(summaryFrom), ...(cursor === undefined ? {} : { cursor }) };
  }

  /**
   * How much waits in a queue, its live workers, and how many it needs. One that nobody has used yet is empty.
   * Errors: `InvalidArgumentError`.
   */
  async describe(
    queue: string,
    { signal, ...options }: DescribeQueueOptions = {},
  ): Promise<QueueDescription> {
    assertQueueName(queue);
    const path = withParameters(apiPath("queues", queue), options);
    const { body } = await this.transport.send({ method: "GET", path, applies: "nothing", signal });
    return {
      ...summaryFrom(body),
      targetPerWorker: body.whole("targetPerWorker"),
      workers: body.list("workers").map((worker) => ({
        id: worker.text("id"),
        host: worker.text("host"),
        concurrency: worker.whole("concurrency"),
        active: worker.whole("active"),
        lastSeenAtMs: worker.date("lastSeenAt").getTime(),
      })),
    };
  }
}

function summaryFrom(queue: ReplyBody): QueueSummary {
  return {
    name: queue.text("name"),
    waiting: queue.whole("waiting"),
    active: queue.whole("active"),
    backlog: queue.whole("backlog"),
    oldestWaitingAgeMs: queue.whole("oldestWaitingAgeMs"),
    liveWorkers: queue.whole("liveWorkers"),
    recommendedReplicas: queue.whole("recommendedReplicas"),
  };
}
