import { createRedisStore, type RedisStore } from "@heddle/redis-store";
import { redisConnection, type CommonConfiguration } from "./common-configuration.js";
import { loadCodec } from "./definition-modules.js";
import type { ServiceLife } from "./run-service.js";

/** The store that the configuration names, closed at the end of the process. Errors as of `createRedisStore` and `loadCodec`. */
export async function connectStore(
  configuration: CommonConfiguration & { readonly partitions?: number | undefined },
  { log, beforeExit }: ServiceLife,
): Promise<RedisStore> {
  const { namespace, prefix, partitions, codecModule } = configuration;
  const codec = codecModule === undefined ? undefined : await loadCodec(codecModule, process.cwd());
  const store = await createRedisStore({
    ...{ connection: redisConnection(configuration), namespace, prefix, partitions, codec },
  });
  beforeExit(() => store.close());
  if (!store.server.appendOnly) {
    log.warn(
      "Redis keeps no append-only file: acknowledged writes are lost when it crashes; set appendonly yes",
    );
  }
  if (store.server.isExposed) {
    log.warn(
      "Redis is reached over the network and asks for no password: whoever reaches it owns all workflows; see docs/redis-acl.md",
    );
  }
  return store;
}
