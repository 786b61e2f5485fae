// Debian's own package of Redis, unpacked into the user's cache.
import type { SearchContext, SearchOutcome } from "./located-redis.js";
import { unpackDebianPackages } from "./unpack-debian-packages.js";
import { cachedServerFolder, checkUnpackedServer } from "./user-cache.js";

const WHAT = "Debian's redis-server package, unpacked without root";

/** The next run finds the result in the cache. */
export async function unpackDebianRedis(context: SearchContext): Promise<SearchOutcome> {
  const { environment, isDownloadAllowed } = context;
  const target = await cachedServerFolder(environment);
  const failure = await unpackDebianPackages({
    // redis-server is a link to a program inside redis-tools.
    packages: ["redis-server", "redis-tools"],
    // libssl3 became libssl3t64.
    libraries: ["libjemalloc2", "liblzf1", "libatomic1", "libssl3", "libssl3t64"],
    ...{ target, environment, isDownloadAllowed },
    check: async (folder) => {
      const server = await checkUnpackedServer(folder, environment);
      return "reason" in server ? server.reason : undefined;
    },
    announce: () => {
      context.announce(
        `No Redis server is installed: unpacking Debian's redis-server package into ${target}`,
      );
    },
  });
  if (failure !== undefined) return notFound(failure);
  const unpacked = await checkUnpackedServer(target, environment);
  if ("reason" in unpacked) return notFound(unpacked.reason);
  return { outcome: "found", redis: { kind: "executable", source: "Debian package", ...unpacked } };
}

function notFound(reason: string): SearchOutcome {
  return { outcome: "not_found", tried: `${WHAT}: ${reason}` };
}
