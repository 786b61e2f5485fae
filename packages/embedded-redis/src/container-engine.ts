import { findExecutables, pathDirectories } from "./executable-search.js";
import type { SearchContext, SearchOutcome } from "./located-redis.js";
import { runCommand } from "./run-command.js";

// Valkey and not Redis: its licence is BSD-3, and 8.1 answers to every command of the 7.0 baseline.
export const CONTAINER_IMAGE = "valkey/valkey:8.1-alpine";

const ENGINES = ["docker", "podman"] as const;

/** A docker or podman that is reachable and has the image or may fetch it. */
export async function findContainerEngine(context: SearchContext): Promise<SearchOutcome> {
  const directories = [...pathDirectories(context.environment), ...context.usualDirectories];
  const settings = { environment: context.environment, timeoutMs: 10_000 };
  const rejected: string[] = [];
  for (const engine of ENGINES) {
    const [path] = await findExecutables(engine, directories);
    if (path === undefined) {
      rejected.push(`${engine} is not on PATH`);
      continue;
    }
    const reachable = await runCommand(path, ["ps", "--quiet"], settings);
    if (!reachable.ok) {
      rejected.push(`${engine} does not answer: ${reachable.reason}`);
      continue;
    }
    const present = await runCommand(path, ["image", "inspect", CONTAINER_IMAGE], settings);
    if (!present.ok && !context.isDownloadAllowed) {
      rejected.push(`${engine} does not have ${CONTAINER_IMAGE} and downloads are turned off`);
      continue;
    }
    if (!present.ok) context.announce(`No Redis server is installed: ${engine} fetches ${CONTAINER_IMAGE}`);
    const redis = { kind: "container", source: "container engine", path, image: CONTAINER_IMAGE } as const;
    return { outcome: "found", redis };
  }
  return { outcome: "not_found", tried: `a container engine: ${rejected.join("; ")}` };
}
