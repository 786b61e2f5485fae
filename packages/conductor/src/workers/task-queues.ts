import type { PollStore, QueueClient } from "@heddle/core";
import { taskQueueName, taskTypeOfQueue } from "../interpreter/task-queue-name.js";

/** Conductor's PollData. */
export interface PollData {
  readonly queueName: string;
  readonly domain?: string;
  readonly workerId: string;
  readonly lastPollTime: number;
}

export interface TaskQueueSize {
  /** As Conductor names queues: `domain:type`, or the type alone. */
  readonly name: string;
  /** Tasks that no worker has taken. */
  readonly waiting: number;
  /** Tasks on their way to a worker. */
  readonly active: number;
}

/** Looks at the queues of task types and at who polls them. */
export class TaskQueues {
  constructor(
    private readonly queues: QueueClient,
    private readonly polls: PollStore,
  ) {}

  async size(taskType: string, domain?: string): Promise<number> {
    return (await this.queues.describe(taskQueueName(taskType, domain))).waiting;
  }

  /** Of a queue as Conductor names it: `type` or `domain:type`, which a type that has a colon cannot be told from. */
  async sizeOf(name: string): Promise<number> {
    const colon = name.indexOf(":");
    if (colon <= 0) return this.size(name);
    const [ofType, ofDomain] = await Promise.all([
      this.size(name),
      this.size(name.slice(colon + 1), name.slice(0, colon)),
    ]);
    return ofType + ofDomain;
  }

  /** Of all queues that were used within a week. */
  async sizes(): Promise<TaskQueueSize[]> {
    const names = await this.#namesOfPolled();
    const sizes: TaskQueueSize[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await this.queues.list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
      for (const { name: queue, waiting, active } of page.items) {
        sizes.push({ name: names.get(queue) ?? nameOf(queue), waiting, active });
      }
      ({ cursor } = page);
      if (cursor === undefined) return sizes;
    }
  }

  async pollData(taskType?: string): Promise<PollData[]> {
    const polled = (await this.#polled()).filter(
      (place) => taskType === undefined || place.taskType === taskType,
    );
    const data = await Promise.all(
      polled.map(async ({ taskType: queueName, domain }) => {
        const pollers = await this.polls.pollersOf(taskQueueName(queueName, domain));
        return pollers.map(({ poller: workerId, atMs: lastPollTime }) => ({
          queueName,
          ...(domain === undefined ? {} : { domain }),
          ...{ workerId, lastPollTime },
        }));
      }),
    );
    return data.flat();
  }

  async #polled(): Promise<{ readonly taskType: string; readonly domain: string | undefined }[]> {
    const labels = await this.polls.polledQueues();
    return labels.map((label) => {
      const [taskType, domain] = JSON.parse(label) as [string, string | null];
      return { taskType, domain: domain ?? undefined };
    });
  }

  /** By queue; of a digest nothing else tells what it is of. */
  async #namesOfPolled(): Promise<ReadonlyMap<string, string>> {
    const polled = await this.#polled();
    return new Map(
      polled.map(({ taskType, domain }) => [taskQueueName(taskType, domain), written(taskType, domain)]),
    );
  }
}

function nameOf(queue: string): string {
  const place = taskTypeOfQueue(queue);
  return place === undefined ? queue : written(place.taskType, place.domain);
}

function written(taskType: string, domain: string | undefined): string {
  return domain === undefined ? taskType : `${domain}:${taskType}`;
}
