export { resolveRedisUrl, type ResolvedRedis, type ResolveRedisOptions } from "./resolve-redis-url.js";
export { startEmbeddedRedis, type EmbeddedRedis, type EmbeddedRedisOptions } from "./start-embedded-redis.js";
export type { AppendFsync } from "./server-command.js";

export { CONTAINER_IMAGE } from "./container-engine.js";
export { locateRedis } from "./locate-redis.js";
export type { LocatedRedis, LocateOptions, RedisContainer, RedisExecutable } from "./located-redis.js";

export { DataFolderInUseError, RedisStartError, RedisUnavailableError } from "./errors.js";

export { unpackDebianPackages } from "./unpack-debian-packages.js";
export { findExecutables, pathDirectories } from "./executable-search.js";
export { runCommand } from "./run-command.js";
export { cacheFolder, libraryFolders } from "./user-cache.js";

export { findFreePort } from "./free-port.js";
export { spawnTethered, stopTethered } from "./tethered-process.js";
export type { ProcessExit, TetheredOptions, TetheredProcess } from "./tethered-process.js";
