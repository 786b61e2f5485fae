// Debian's own package of Redis, unpacked into the user's cache: no root, nothing installed, nothing configured.
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findExecutables, pathDirectories } from "./executable-search.js";
import type { SearchContext, SearchOutcome } from "./located-redis.js";
import { runCommand, type CommandOutcome } from "./run-command.js";
import { cachedServerFolder, checkUnpackedServer } from "./user-cache.js";

// redis-server is a link to a program inside redis-tools.
const SERVER_PACKAGES = ["redis-server", "redis-tools"] as const;
// Releases differ in which of these exist (libssl3 became libssl3t64); the version check tells if one is really missed.
const LIBRARY_PACKAGES = ["libjemalloc2", "liblzf1", "libatomic1", "libssl3", "libssl3t64"] as const;
const WHAT = "Debian's redis-server package, unpacked without root";

/** Takes seconds and fetches about 20 MB, most of it package lists; the next run finds the result in the cache. */
export async function unpackDebianRedis(context: SearchContext): Promise<SearchOutcome> {
  if (process.platform !== "linux") return notFound(`not on ${process.platform}`);
  const directories = pathDirectories(context.environment);
  const [aptGet] = await findExecutables("apt-get", directories);
  const [dpkg] = await findExecutables("dpkg", directories);
  if (aptGet === undefined || dpkg === undefined) return notFound("apt-get and dpkg are not on PATH");
  if (!context.isDownloadAllowed) return notFound("downloads are turned off");

  const target = await cachedServerFolder(context.environment);
  context.announce(`No Redis server is installed: unpacking Debian's redis-server package into ${target}`);
  try {
    await mkdir(dirname(target), { recursive: true });
    const workFolder = await mkdtemp(`${target}.unpacking-`);
    try {
      const failure = await downloadAndUnpack({ aptGet, dpkg, workFolder, environment: context.environment });
      if (failure !== undefined) return notFound(failure);
      const check = await checkUnpackedServer(join(workFolder, "root"), context.environment);
      if ("reason" in check) return notFound(check.reason);
      // Another run may have been faster, and may already be starting its server from the target.
      const present = await checkUnpackedServer(target, context.environment);
      if ("reason" in present) await moveIntoPlace(join(workFolder, "root"), target);
    } finally {
      await rm(workFolder, { recursive: true, force: true });
    }
  } catch (error) {
    return notFound(String(error));
  }
  const unpacked = await checkUnpackedServer(target, context.environment);
  if ("reason" in unpacked) return notFound(unpacked.reason);
  return { outcome: "found", redis: { kind: "executable", source: "Debian package", ...unpacked } };
}

async function downloadAndUnpack(work: {
  readonly aptGet: string;
  readonly dpkg: string;
  readonly workFolder: string;
  readonly environment: NodeJS.ProcessEnv;
}): Promise<string | undefined> {
  const state = join(work.workFolder, "state");
  const cache = join(work.workFolder, "cache");
  const packages = join(work.workFolder, "packages");
  const root = join(work.workFolder, "root");
  for (const folder of [
    join(state, "lists", "partial"),
    join(cache, "archives", "partial"),
    packages,
    root,
  ]) {
    await mkdir(folder, { recursive: true });
  }
  const settings = [
    `Dir::State=${state}`,
    `Dir::State::Lists=${join(state, "lists")}`,
    `Dir::Cache=${cache}`,
    // As root, apt would switch to a user who may not write below this home folder.
    "APT::Sandbox::User=root",
    "Acquire::Languages=none",
    "Acquire::Retries=1",
    "Acquire::http::Timeout=20",
    "Acquire::https::Timeout=20",
  ].flatMap((setting) => ["-o", setting]);
  const apt = (...aptArguments: string[]): Promise<CommandOutcome> =>
    runCommand(work.aptGet, ["-qq", ...settings, ...aptArguments], {
      environment: work.environment,
      cwd: packages,
      timeoutMs: 120_000,
    });

  // A broken third-party source makes the update fail although Debian's own lists arrived: the download decides.
  const update = await apt("update");
  const download = await apt("download", ...SERVER_PACKAGES);
  if (!download.ok) return `apt-get download: ${update.ok ? download.reason : update.reason}`;
  for (const library of LIBRARY_PACKAGES) await apt("download", library);

  for (const archive of await readdir(packages)) {
    const unpack = await runCommand(work.dpkg, ["-x", join(packages, archive), root], {
      environment: work.environment,
      timeoutMs: 60_000,
    });
    if (!unpack.ok) return `dpkg -x ${archive}: ${unpack.reason}`;
  }
  return undefined;
}

/** Whole or not at all: the target is never seen half filled, and of two concurrent runs one result stays. */
async function moveIntoPlace(unpacked: string, target: string): Promise<void> {
  try {
    await rename(target, `${unpacked}.replaced`);
  } catch (error) {
    if (!isErrorCode(error, "ENOENT")) throw error;
  }
  try {
    await rename(unpacked, target);
  } catch (error) {
    if (!isErrorCode(error, "ENOTEMPTY") && !isErrorCode(error, "EEXIST")) throw error;
  }
}

function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function notFound(reason: string): SearchOutcome {
  return { outcome: "not_found", tried: `${WHAT}: ${reason}` };
}
