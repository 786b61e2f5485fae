import type { NamespaceInspection, PartitionInspection, ServerInspection } from "@heddle/redis-store";

export interface Finding {
  readonly check: string;
  /** `unknown`: not checked, because Redis does not let the user look. */
  readonly state: "ok" | "warn" | "fault" | "unknown";
  /** What was seen, and what to do when it is not well. */
  readonly message: string;
}

/** From here on timers are noticeably late for whoever compares them with a clock of his own. */
const CLOCK_WARN_MS = 1_000;
/** A coordinator says three times in a lease of 3 s that it lives. */
const SILENT_WARN_MS = 15_000;
/** Longer than a hand-over after a kill takes. */
const OVERDUE_WARN_MS = 10_000;
const MEMORY_WARN_SHARE = 0.8;

/** What is well with an installation, and what is not. */
export function findingsOf(seen: NamespaceInspection): readonly Finding[] {
  const servers = seen.servers.flatMap((server) => [
    version(server.version),
    eviction(server.evictionPolicy),
    appendOnly(server.appendOnly),
    memory(server),
    luaHoles(server),
  ]);
  const general = [
    permissions(seen.denied),
    ...(servers.length > 0 ? servers : [notChecked("version, eviction, append-only file, memory")]),
    exposure(seen.isExposed),
    clock(seen),
  ];
  const { partitionCount } = seen;
  if (partitionCount === undefined || seen.partitions.length < partitionCount) {
    return [
      ...general,
      partitionCount === undefined && seen.denied.length === 0 ? unused : notChecked("namespace"),
    ];
  }
  const settings = ok("namespace", `${partitionCount} partitions`);
  return [...general, settings, coordinators(seen), ...owners(seen), held(seen), outbox(seen)];
}

const unused = warn("namespace", "nothing was ever started in it; check its name and the prefix");

function permissions(denied: readonly string[]): Finding {
  return denied.length === 0
    ? ok("permissions", "the Redis user may look at all that is checked here")
    : fault("permissions", `the Redis user may not: ${denied.join("; ")}; see docs/redis-acl.md`);
}

function exposure(isExposed: boolean): Finding {
  return isExposed
    ? warn(
        "access",
        "Redis answers over the network without a password: whoever reaches it owns all workflows; see docs/redis-acl.md",
      )
    : ok("access", "no stranger is answered over the network");
}

function luaHoles({ product, version, advisories: { cves, fixedIn } }: ServerInspection): Finding {
  if (cves.length === 0) return ok("Lua engine", "no known hole in this version");
  const name = product === "redis" ? "Redis" : "Valkey";
  const remedy =
    fixedIn === undefined
      ? `no release of this branch fixes all of them: take a later one, unless it is a package of a distribution ` +
        `that holds the fixes under this number (its changelog names them; Debian's 7.0.15 does)`
      : `${fixedIn} fixes them; a distribution may have done so under this number, see the changelog of its package`;
  return warn("Lua engine", `${name} ${version} is known for ${cves.join(", ")}: ${remedy}`);
}

function notChecked(check: string): Finding {
  return { check, state: "unknown", message: "not checked: the Redis user may not look" };
}

function version(text: string): Finding {
  const isKnown = Number(text.split(".")[0]) >= 7;
  return isKnown
    ? ok("version", text)
    : fault("version", `${text} is too old; Heddle needs Redis 7.0, Valkey 7.2 or later`);
}

function eviction(policy: string): Finding {
  if (policy === "noeviction") return ok("eviction", policy);
  if (policy === "") return warn("eviction", "the server does not tell its policy; it must be noeviction");
  return fault(
    "eviction",
    `${policy} lets workflow state vanish; run: config set maxmemory-policy noeviction`,
  );
}

function appendOnly(isOn: boolean): Finding {
  return isOn
    ? ok("append-only file", "on")
    : warn("append-only file", "off: a crash of Redis loses accepted work; run: config set appendonly yes");
}

function memory(server: { usedMemoryBytes: number; maxMemoryBytes: number }): Finding {
  const used = `${(server.usedMemoryBytes / 2 ** 20).toFixed(0)} MiB`;
  if (server.maxMemoryBytes === 0) return ok("memory", `${used}, without a limit`);
  const share = server.usedMemoryBytes / server.maxMemoryBytes;
  const text = `${used}, ${(share * 100).toFixed(0)} % of the limit`;
  return share < MEMORY_WARN_SHARE
    ? ok("memory", text)
    : warn("memory", `${text}; when it is full nothing new is accepted`);
}

function clock({ clockAheadMs }: NamespaceInspection): Finding {
  if (clockAheadMs === undefined) return notChecked("clock");
  const text = `Redis is ${Math.abs(clockAheadMs)} ms ${clockAheadMs < 0 ? "behind" : "ahead of"} this machine`;
  return Math.abs(clockAheadMs) < CLOCK_WARN_MS
    ? ok("clock", text)
    : warn("clock", `${text}; timers follow the clock of Redis: synchronise both`);
}

function coordinators(seen: NamespaceInspection): Finding {
  if (seen.coordinators === undefined) return notChecked("coordinators");
  const live = seen.coordinators.filter(({ silentMs }) => silentMs < SILENT_WARN_MS);
  if (live.length > 0) return ok("coordinators", `${live.length} alive`);
  return waiting(seen.partitions).length === 0
    ? warn("coordinators", "none is alive; nothing waits for one")
    : fault("coordinators", "none is alive and work waits; start one");
}

function owners(seen: NamespaceInspection): readonly Finding[] {
  const orphaned = waiting(seen.partitions).filter(({ leaseExpiresInMs = -1 }) => leaseExpiresInMs <= 0);
  const owned = seen.partitions.filter(({ leaseExpiresInMs = -1 }) => leaseExpiresInMs > 0);
  const lease = ok("owners", `${owned.length} of ${seen.partitions.length} partitions are owned`);
  const late = owned.filter(({ overdueMs = 0 }) => overdueMs > OVERDUE_WARN_MS);
  return [
    orphaned.length === 0
      ? lease
      : fault(
          "owners",
          `work waits in partitions that nobody owns: ${numbers(orphaned)}; start a coordinator`,
        ),
    late.length === 0
      ? ok("timers", "none is late")
      : warn("timers", `late by over 10 s in partitions ${numbers(late)}; see the log of their owners`),
  ];
}

function held({ partitions }: NamespaceInspection): Finding {
  const count = sum(partitions, (each) => each.held);
  return count === 0
    ? ok("held runs", "none")
    : warn("held runs", `${count} wait for code that no coordinator has; describe tells why`);
}

function outbox({ partitions }: NamespaceInspection): Finding {
  const count = sum(partitions, (each) => each.outbox);
  const text = `${count} activity tickets are not in their queue yet`;
  return count < 10_000 ? ok("outbox", text) : warn("outbox", `${text}; see the log of the coordinators`);
}

function waiting(partitions: readonly PartitionInspection[]): readonly PartitionInspection[] {
  return partitions.filter(
    ({ inbox, outbox, overdueMs }) => inbox > 0 || outbox > 0 || overdueMs !== undefined,
  );
}

function numbers(partitions: readonly PartitionInspection[]): string {
  return partitions.map(({ partition }) => partition).join(", ");
}

function sum(partitions: readonly PartitionInspection[], of: (each: PartitionInspection) => number): number {
  return partitions.reduce((total, each) => total + of(each), 0);
}

function ok(check: string, message: string): Finding {
  return { check, state: "ok", message };
}
function warn(check: string, message: string): Finding {
  return { check, state: "warn", message };
}
function fault(check: string, message: string): Finding {
  return { check, state: "fault", message };
}
