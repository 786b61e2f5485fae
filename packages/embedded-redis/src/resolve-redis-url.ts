import { startEmbeddedRedis, type EmbeddedRedis, type EmbeddedRedisOptions } from "./start-embedded-redis.js";

export interface ResolveRedisOptions extends EmbeddedRedisOptions {
  /** A server that already runs; wins over REDIS_URL. */
  readonly url?: string | undefined;
}

export interface ResolvedRedis {
  readonly url: string;
  /** Present when a server was started for this call. */
  readonly embedded?: EmbeddedRedis;
  /** Ends the embedded server; does nothing to one that was there before. */
  stop(): Promise<void>;
}

/** The given url, else REDIS_URL, else an embedded server. Nothing is started or contacted when there is a url. */
export async function resolveRedisUrl(options: ResolveRedisOptions = {}): Promise<ResolvedRedis> {
  const environment = options.environment ?? process.env;
  const url = options.url ?? environment["REDIS_URL"];
  if (url) return { url, stop: () => Promise.resolve() };
  const embedded = await startEmbeddedRedis(options);
  return { url: embedded.url, embedded, stop: () => embedded.stop() };
}
