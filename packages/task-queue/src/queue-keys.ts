import { assertNamespace, assertQueueName, InvalidArgumentError } from "@heddle/protocol";

/**
 * Prefix of all BullMQ keys of a queue. The braces are a hash tag: BullMQ's scripts touch many keys of a queue,
 * and on Redis Cluster these must share a slot. Throws `InvalidArgumentError` for a bad part.
 */
export function bullPrefixOf(place: { prefix: string; namespace: string; queue: string }): string {
  assertNamespace(place.namespace);
  assertQueueName(place.queue);
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(place.prefix)) {
    throw new InvalidArgumentError(
      `prefix ${JSON.stringify(place.prefix)} is not valid; use 1 to 64 letters, digits, ".", "_" or "-"`,
      { details: { field: "prefix" } },
    );
  }
  return `{${place.prefix}:${place.namespace}:${place.queue}}`;
}
