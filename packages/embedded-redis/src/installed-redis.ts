import { findExecutables, pathDirectories } from "./executable-search.js";
import type { SearchContext, SearchOutcome } from "./located-redis.js";
import { checkServerVersion } from "./redis-version.js";

const SERVER_NAMES = ["redis-server", "valkey-server"] as const;

/** The first server on PATH or in a usual folder that runs and is new enough. */
export async function findInstalledRedis(context: SearchContext): Promise<SearchOutcome> {
  const directories = [...pathDirectories(context.environment), ...context.usualDirectories];
  const rejected: string[] = [];
  for (const name of SERVER_NAMES) {
    for (const path of await findExecutables(name, directories)) {
      const check = await checkServerVersion(path, context.environment);
      if (check.usable) {
        const redis = { kind: "executable", source: "system", path, version: check.version } as const;
        return { outcome: "found", redis };
      }
      rejected.push(`${path}: ${check.reason}`);
    }
  }
  const result = rejected.length === 0 ? "none found" : rejected.join("; ");
  return {
    outcome: "not_found",
    tried: `${SERVER_NAMES.join(" or ")} on PATH and in usual folders: ${result}`,
  };
}
