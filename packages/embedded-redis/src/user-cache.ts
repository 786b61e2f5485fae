import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { RedisExecutable, SearchContext, SearchOutcome } from "./located-redis.js";
import { checkServerVersion } from "./redis-version.js";

/** The folder an unpacked server is kept in. */
export function cachedServerFolder(environment: NodeJS.ProcessEnv): Promise<string> {
  return cacheFolder("redis", environment);
}

/**
 * The folder an unpacked program is kept in. One per distribution release and processor, because a home folder can be
 * shared by machines whose C libraries differ.
 */
export async function cacheFolder(program: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const home = environment["HOME"] ?? homedir();
  const configured = environment["XDG_CACHE_HOME"];
  const cache = configured === undefined || configured === "" ? join(home, ".cache") : configured;
  return join(cache, "heddle", `${program}-${await distributionRelease()}-${process.arch}`);
}

export async function findCachedRedis(context: SearchContext): Promise<SearchOutcome> {
  const folder = await cachedServerFolder(context.environment);
  const check = await checkUnpackedServer(folder, context.environment);
  if ("reason" in check) {
    return { outcome: "not_found", tried: `a server unpacked earlier in ${folder}: ${check.reason}` };
  }
  return { outcome: "found", redis: { kind: "executable", source: "user cache", ...check } };
}

type UnpackedServer = Pick<RedisExecutable, "path" | "version"> & { readonly libraryPath: string };

/** A server unpacked below `folder`, with its own libraries, or why it cannot be used. */
export async function checkUnpackedServer(
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<UnpackedServer | { readonly reason: string }> {
  const path = join(folder, "usr", "bin", "redis-server");
  const libraryPath = (await libraryFolders(folder)).join(delimiter);
  const check = await checkServerVersion(path, { ...environment, LD_LIBRARY_PATH: libraryPath });
  return check.usable ? { path, version: check.version, libraryPath } : { reason: check.reason };
}

/** The folders of the shared libraries below `folder`, for LD_LIBRARY_PATH. */
export async function libraryFolders(folder: string): Promise<string[]> {
  const folders: string[] = [];
  for (const parent of [join(folder, "usr", "lib"), join(folder, "lib")]) {
    const names = await readdir(parent).catch(() => []);
    folders.push(...names.filter((name) => name.includes("linux")).map((name) => join(parent, name)));
  }
  return folders;
}

async function distributionRelease(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}="?([\\w.-]+)"?$`, "m").exec(text)?.[1];
  return `${field("ID") ?? process.platform}-${field("VERSION_ID") ?? "rolling"}`;
}
