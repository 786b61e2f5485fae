// Packages of Debian, unpacked into a folder: no root, nothing installed, nothing configured.
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findExecutables, pathDirectories } from "./executable-search.js";
import { runCommand, type CommandOutcome } from "./run-command.js";

interface DebianUnpacking {
  /** Each must exist. */
  readonly packages: readonly string[];
  /** Releases differ in which of these exist; `check` tells if one is really missed. */
  readonly libraries: readonly string[];
  /** Filled whole or not at all, also when two do it at once. */
  readonly target: string;
  /** Why what was unpacked into a folder cannot be used; undefined when it can. */
  readonly check: (folder: string) => Promise<string | undefined>;
  /** Told before anything is downloaded. */
  readonly announce: () => void;
  readonly environment: NodeJS.ProcessEnv;
  readonly isDownloadAllowed: boolean;
}

/** Takes seconds and fetches about 20 MB, most of it package lists. Returns why it did not work, or undefined. */
export async function unpackDebianPackages(unpacking: DebianUnpacking): Promise<string | undefined> {
  const { environment, target, check } = unpacking;
  if (process.platform !== "linux") return `not on ${process.platform}`;
  const directories = pathDirectories(environment);
  const [aptGet] = await findExecutables("apt-get", directories);
  const [dpkg] = await findExecutables("dpkg", directories);
  if (aptGet === undefined || dpkg === undefined) return "apt-get and dpkg are not on PATH";
  if (!unpacking.isDownloadAllowed) return "downloads are turned off";

  unpacking.announce();
  try {
    await mkdir(dirname(target), { recursive: true });
    const workFolder = await mkdtemp(`${target}.unpacking-`);
    try {
      const failure = await downloadAndUnpack({ ...unpacking, aptGet, dpkg, workFolder });
      if (failure !== undefined) return failure;
      const problem = await check(join(workFolder, "root"));
      if (problem !== undefined) return problem;
      // Another run may have been faster, and may already be using the target.
      if ((await check(target)) !== undefined) await moveIntoPlace(join(workFolder, "root"), target);
    } finally {
      await rm(workFolder, { recursive: true, force: true });
    }
  } catch (error) {
    return String(error);
  }
  return check(target);
}

async function downloadAndUnpack(
  work: Pick<DebianUnpacking, "packages" | "libraries" | "environment"> & {
    readonly aptGet: string;
    readonly dpkg: string;
    readonly workFolder: string;
  },
): Promise<string | undefined> {
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
  const download = await apt("download", ...work.packages);
  if (!download.ok) return `apt-get download: ${update.ok ? download.reason : update.reason}`;
  for (const library of work.libraries) await apt("download", library);

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
