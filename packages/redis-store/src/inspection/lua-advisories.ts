// Known holes in the Lua engine of Redis and Valkey. Whoever may run a script could run code of his own on the server.

export interface ServerVersion {
  readonly product: "redis" | "valkey";
  readonly version: string;
}

export interface LuaAdvisories {
  readonly cves: readonly string[];
  /** The first release of the same branch without any of them; undefined when the branch has none. */
  readonly fixedIn: string | undefined;
}

interface Advisory {
  readonly cve: string;
  /** By branch, the first release with the fix. Branches that began later never had the hole. */
  readonly fixedIn: Readonly<Record<ServerVersion["product"], readonly string[]>>;
}

/** From the security notes of both projects. */
const ADVISORIES: readonly Advisory[] = [
  {
    cve: "CVE-2025-49844",
    fixedIn: {
      redis: ["6.2.20", "7.2.11", "7.4.6", "8.0.4", "8.2.2"],
      valkey: ["7.2.11", "8.0.6", "8.1.4"],
    },
  },
  {
    cve: "CVE-2024-46981",
    fixedIn: { redis: ["6.2.17", "7.2.7", "7.4.2"], valkey: ["7.2.8", "8.0.2"] },
  },
  {
    cve: "CVE-2024-31449",
    fixedIn: { redis: ["6.2.16", "7.2.6", "7.4.1"], valkey: ["7.2.7", "8.0.1"] },
  },
];

/** What the server has by its version alone: distributions backport fixes and keep the number. */
export function luaAdvisoriesOf(server: ServerVersion): LuaAdvisories {
  const present = parse(server.version);
  const found = ADVISORIES.flatMap(({ cve, fixedIn }) => {
    const releases = fixedIn[server.product].map(parse);
    const fix = releases.find((release) => isSameBranch(release, present));
    const isFixed =
      fix === undefined ? releases.every((release) => isBefore(release, present)) : !isBefore(present, fix);
    return isFixed ? [] : [{ cve, fix }];
  });
  const fixes = found.flatMap(({ fix }) => (fix === undefined ? [] : [fix]));
  // A branch that has one fix and lacks another is not safe by any release of its own.
  const newest =
    fixes.length < found.length ? undefined : fixes.toSorted((a, b) => (isBefore(a, b) ? 1 : -1))[0];
  return { cves: found.map(({ cve }) => cve), fixedIn: newest?.join(".") };
}

type Release = readonly [major: number, minor: number, patch: number];

function parse(version: string): Release {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return [major, minor, patch];
}

function isSameBranch(left: Release, right: Release): boolean {
  return left[0] === right[0] && left[1] === right[1];
}

function isBefore(left: Release, right: Release): boolean {
  const [a, b] = [left, right].map(([major, minor, patch]) => major * 1e6 + minor * 1e3 + patch);
  return (a ?? 0) < (b ?? 0);
}
