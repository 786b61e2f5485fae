export { createRedisStore } from "./redis-store.js";
export type { RedisStore, RedisStoreOptions } from "./redis-store.js";
export { randomIdSource } from "./random-ids.js";
