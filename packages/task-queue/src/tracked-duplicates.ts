import type { RedisClient } from "./redis-connection.js";

/**
 * BullMQ duplicates the client it is given for its blocking fetch and closes the copy politely, which never ends
 * while Redis is away. Remembers the copies, so that they can be cut.
 */
export function trackDuplicates(client: RedisClient): { disconnectAll(): void } {
  const clients = [client];
  const duplicate = client.duplicate.bind(client) as (...options: unknown[]) => RedisClient;
  Object.assign(client, {
    duplicate: (...options: unknown[]) => {
      const copy = duplicate(...options);
      clients.push(copy);
      return copy;
    },
  });
  return { disconnectAll: () => clients.forEach((each) => each.disconnect()) };
}
