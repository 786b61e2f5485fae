import { findContainerEngine } from "./container-engine.js";
import { unpackDebianRedis } from "./debian-package.js";
import { RedisUnavailableError } from "./errors.js";
import { USUAL_DIRECTORIES } from "./executable-search.js";
import { installCommand } from "./install-command.js";
import { findInstalledRedis } from "./installed-redis.js";
import type { LocatedRedis, LocateOptions, SearchContext } from "./located-redis.js";
import { checkServerVersion } from "./redis-version.js";
import { findCachedRedis } from "./user-cache.js";

const EXPLICIT_BINARY = "HEDDLE_REDIS_BINARY";

// What the person installed comes before what we fetched, and a program comes before a container.
const PLACES = [findInstalledRedis, findCachedRedis, unpackDebianRedis, findContainerEngine] as const;

/**
 * Finds a usable Redis or provides one. A set HEDDLE_REDIS_BINARY is the only candidate: another server in its place
 * would hide the mistake.
 *
 * @throws RedisUnavailableError with everything that was tried and how to install one
 */
export async function locateRedis(options: LocateOptions = {}): Promise<LocatedRedis> {
  const environment = options.environment ?? process.env;
  const context: SearchContext = {
    announce: options.announce ?? (() => undefined),
    isDownloadAllowed: options.download !== false && environment["HEDDLE_NO_DOWNLOAD"] !== "1",
    environment,
    usualDirectories: options.usualDirectories ?? USUAL_DIRECTORIES,
  };

  const explicitPath = environment[EXPLICIT_BINARY];
  if (explicitPath) {
    const check = await checkServerVersion(explicitPath, environment);
    if (check.usable) {
      return { kind: "executable", source: EXPLICIT_BINARY, path: explicitPath, version: check.version };
    }
    throw new RedisUnavailableError(
      [`${EXPLICIT_BINARY}=${explicitPath}: ${check.reason}`],
      `correct or unset ${EXPLICIT_BINARY}; or ${installCommand(process.platform)}`,
    );
  }

  const tried = [`${EXPLICIT_BINARY}: not set`];
  for (const lookIn of PLACES) {
    const result = await lookIn(context);
    if (result.outcome === "found") return result.redis;
    tried.push(result.tried);
  }
  throw new RedisUnavailableError(tried, installCommand(process.platform));
}
