import { delimiter, join } from "node:path";
import {
  cacheFolder,
  findExecutables,
  libraryFolders,
  pathDirectories,
  runCommand,
  unpackDebianPackages,
} from "@heddle/embedded-redis";

/** A kcat that runs, with what it needs in its environment. */
export interface Kcat {
  readonly path: string;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * The installed kcat, or Debian's, unpacked without root into the user's cache as a Redis server would be.
 * With HEDDLE_NO_DOWNLOAD=1 nothing is downloaded. Throws with what was tried and how to install it.
 */
export async function locateKcat(environment: NodeJS.ProcessEnv = process.env): Promise<Kcat> {
  const [installed] = await findExecutables("kcat", pathDirectories(environment));
  if (installed !== undefined) return { path: installed, environment };
  const target = await cacheFolder("kcat", environment);
  const inCache = await unpackedKcat(target, environment);
  if (!("reason" in inCache)) return inCache;
  const failure = await unpackDebianPackages({
    packages: ["kcat"],
    libraries: [
      ...["librdkafka1", "libyajl2", "liblz4-1", "libsasl2-2", "libzstd1", "zlib1g", "libssl3", "libssl3t64"],
      ...["libserdes1", "libavro23", "libavro24", "libjansson4", "libsnappy1v5", "libcurl4", "libcurl4t64"],
    ],
    ...{ target, environment },
    isDownloadAllowed: environment["HEDDLE_NO_DOWNLOAD"] !== "1",
    check: async (folder) => {
      const kcat = await unpackedKcat(folder, environment);
      return "reason" in kcat ? kcat.reason : undefined;
    },
    announce: () => console.error(`kcat is not installed: unpacking Debian's package into ${target}`),
  });
  const unpacked = await unpackedKcat(target, environment);
  if (!("reason" in unpacked)) return unpacked;
  throw new Error(
    `kcat, which runs the Kafka cluster of the tests, is missing (Debian's package: ${failure ?? unpacked.reason}); ` +
      "install it: apt-get install kcat, or brew install kcat",
  );
}

async function unpackedKcat(
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<Kcat | { readonly reason: string }> {
  const path = join(folder, "usr", "bin", "kcat");
  const withLibraries = {
    ...environment,
    LD_LIBRARY_PATH: (await libraryFolders(folder)).join(delimiter),
  };
  const run = await runCommand(path, ["-V"], { environment: withLibraries, timeoutMs: 10_000 });
  return run.ok ? { path, environment: withLibraries } : { reason: run.reason };
}
