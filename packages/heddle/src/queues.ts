import type { DescribeQueueOptions, ListQueuesOptions, QueueClient } from "@heddle/core";
import type { QueueDescription, QueuePage } from "@heddle/protocol";

/** Queues of activities: how much waits in them, and who serves them. */
export class Queues {
  constructor(private readonly client: () => Promise<QueueClient>) {}

  /** Queues that were used within a week, in order of their names. Errors: `InvalidArgumentError`. */
  async list(options: ListQueuesOptions = {}): Promise<QueuePage> {
    return (await this.client()).list(options);
  }

  /**
   * How much waits in a queue, its live workers, and how many it needs. One that nobody has used yet is empty.
   * Errors: `InvalidArgumentError`.
   */
  async describe(queue: string, options: DescribeQueueOptions = {}): Promise<QueueDescription> {
    return (await this.client()).describe(queue, options);
  }
}
