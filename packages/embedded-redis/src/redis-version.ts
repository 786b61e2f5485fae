import { runCommand } from "./run-command.js";

// The oldest release with XAUTOCLAIM, LMOVE and ZRANGESTORE; older distributions ship 5.0 and 6.0.
const OLDEST_SUPPORTED = { major: 7, minor: 0 } as const;

/** The `7.0.15` in `Redis server v=7.0.15 sha=…` or `Valkey server v=8.1.1 …`; undefined when it is something else. */
export function parseServerVersion(output: string): string | undefined {
  return /\bv=(\d+\.\d+\.\d+)/.exec(output)?.[1];
}

export function isSupportedVersion(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return (
    major > OLDEST_SUPPORTED.major || (major === OLDEST_SUPPORTED.major && minor >= OLDEST_SUPPORTED.minor)
  );
}

export type VersionCheck =
  { readonly usable: true; readonly version: string } | { readonly usable: false; readonly reason: string };

/** Runs `<path> --version`, which also rejects a binary made for another C library or processor. */
export async function checkServerVersion(
  path: string,
  environment: NodeJS.ProcessEnv,
): Promise<VersionCheck> {
  const outcome = await runCommand(path, ["--version"], { environment, timeoutMs: 10_000 });
  if (!outcome.ok) return { usable: false, reason: `\`--version\` failed: ${outcome.reason}` };
  const version = parseServerVersion(outcome.stdout);
  if (version === undefined) {
    return { usable: false, reason: "`--version` does not name a Redis or Valkey server" };
  }
  if (!isSupportedVersion(version)) {
    return {
      usable: false,
      reason: `version ${version} is older than ${OLDEST_SUPPORTED.major}.${OLDEST_SUPPORTED.minor}`,
    };
  }
  return { usable: true, version };
}
