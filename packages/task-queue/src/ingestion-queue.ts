import { assertNamespace, assertQueueName } from "@heddle/protocol";

/** Where other services put jobs for the gateways of a namespace, in BullMQ's terms: `new Queue(name, { prefix })`. */
export interface IngestionQueueName {
  readonly name: string;
  /**
   * No queue of activities begins like this, whatever it is called. The braces are a hash tag: BullMQ's scripts touch
   * many keys of a queue, and on Redis Cluster these must share a slot.
   */
  readonly prefix: string;
}

/** Throws `InvalidArgumentError` for a bad part. */
export function ingestionQueueName(place: {
  readonly namespace: string;
  readonly queue: string;
  /** First part of all keys. Default `heddle`. */
  readonly prefix?: string | undefined;
}): IngestionQueueName {
  const { namespace, queue, prefix = "heddle" } = place;
  assertNamespace(namespace);
  assertNamespace(prefix);
  assertQueueName(queue);
  return { name: queue, prefix: `{${prefix}:${namespace}}:ingestion` };
}
