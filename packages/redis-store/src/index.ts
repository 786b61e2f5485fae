export { createRedisStore } from "./redis-store.js";
export type { RedisStore, RedisStoreOptions } from "./redis-store.js";
export type { ActivityAtHand, VirtualTime, WorkInStore } from "./virtual-time/virtual-time.js";
export { randomIdSource } from "./random-ids.js";
