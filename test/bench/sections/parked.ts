import { DEFAULT_SETTINGS } from "@heddle/coordinator";
import type { CaseResult, Section } from "../section.js";
import { itemsAt } from "./support/case-sizes.js";
import { countCommands, perSecond } from "./support/command-rate.js";
import { Installation } from "./support/installation.js";
import type { MemoryUsage } from "./support/memory-usage.js";
import { onServers, startServer } from "./support/redis-servers.js";

const CACHED_RUNS = 100;
/** After so many the heap of a coordinator has found its size. */
const WARM_UP_RUNS = 10_000;
const RECONCILE_EVERY_MS = 8_000;
const NEVER_MS = 24 * 3_600_000;
// msgpack puts a head of two bytes before a string of this length: 100 bytes.
const INPUT = "x".repeat(98);

export const parkedSection: Section = {
  name: "parked",
  title: "W4: runs parked on a signal",
  about:
    "100,000 runs with an input of 100 bytes wait for a signal; the coordinator keeps 100 of them in memory. Redis memory " +
    "per run is the growth of used_memory, everything included. Process memory is the growth of the coordinator's heap and " +
    "buffers after garbage collections, from a point where a tenth as many runs had been parked before; the growth of its " +
    "resident memory, which the allocator decides too, stands beside it. Commands per second are those of whole rounds of " +
    "lease renewals, minus those of the same engine before its first run, with the reconciler turned off. That one looks at " +
    "100 runs of each partition per minute, however many there are; what one round of it costs is measured " +
    "apart. Measured once, whatever the repetitions.",
  run: (settings, progress) => {
    const runs = itemsAt(settings.scale, { full: 100_000, least: 10_000 });
    const windowMs = Math.min(60_000, Math.max(5_000, 60_000 * settings.scale));
    const coordinator = { cachedRuns: CACHED_RUNS, reconcileEveryMs: NEVER_MS };
    return onServers(startServer(settings.durability), (servers) =>
      Installation.during({ servers, coordinator }, async (installation) => {
        // The first rounds have what a start brings with it.
        await countCommands(servers, 1_000);
        const idlePerSecond = perSecond(await countCommands(servers, windowMs));
        await park(installation, "warm", Math.max(WARM_UP_RUNS, Math.round(runs / 10)));
        const before = await memoryNow(installation);
        await park(installation, "parked", runs);
        progress(`${runs} runs are parked`);
        const parkedPerSecond = perSecond(await countCommands(servers, windowMs));
        const after = await memoryNow(installation);
        const perReconcilerRound = await commandsOfReconciler(installation, parkedPerSecond);
        return casesOf(
          { system: "heddle", n: runs, durability: settings.durability },
          { before, after, idlePerSecond, parkedPerSecond, perReconcilerRound },
        );
      }),
    );
  },
};

interface Memory extends MemoryUsage {
  readonly redisBytes: number;
}

interface Found {
  readonly before: Memory;
  readonly after: Memory;
  readonly idlePerSecond: number;
  readonly parkedPerSecond: number;
  readonly perReconcilerRound: number;
}

function casesOf(common: Pick<CaseResult, "system" | "n" | "durability">, found: Found): CaseResult[] {
  const growth = (pick: (memory: Memory) => number): number =>
    (pick(found.after) - pick(found.before)) / common.n;
  const bytesPerParked = growth(({ redisBytes }) => redisBytes);
  const heapBytesPerParked = growth(({ heapBytes }) => heapBytes);
  const extraCommandsPerSecond = found.parkedPerSecond - found.idlePerSecond;
  return [
    {
      ...{ ...common, workload: "W4 Redis memory", bytesPerParked },
      ...{ target: "≤ 1,024 bytes per run", met: bytesPerParked <= 1_024 },
    },
    {
      ...{ ...common, workload: "W4 process memory" },
      ...{ target: "≤ 200 bytes per run", met: heapBytesPerParked <= 200 },
      figures: {
        ...{ heapBytesPerParked, residentBytesPerParked: growth(({ residentBytes }) => residentBytes) },
        ...{ cachedRuns: CACHED_RUNS, coordinatorResidentBytes: found.after.residentBytes },
      },
    },
    {
      ...{ ...common, workload: "W4 commands" },
      // Rounds come a little later on a busy machine. At full size one command per run and hour would be five times this.
      ...{ target: "0 commands", met: Math.abs(extraCommandsPerSecond) < 0.05 * found.idlePerSecond },
      figures: { extraCommandsPerSecond, idleCommandsPerSecond: found.idlePerSecond },
    },
    {
      ...{ ...common, workload: "W4 reconciler" },
      figures: {
        commandsPerRound: found.perReconcilerRound,
        commandsPerSecond: found.perReconcilerRound / (DEFAULT_SETTINGS.reconcileEveryMs / 1_000),
      },
    },
  ];
}

async function memoryNow(installation: Installation): Promise<Memory> {
  const process = await installation.settledMemoryOf(installation.part("coordinator"));
  return { ...process, redisBytes: (await installation.servers.figures()).usedBytes };
}

function park(installation: Installation, prefix: string, runs: number): Promise<void> {
  return installation.startAndSettle(runs, (index) => ({
    ...{ type: "signal-wait", input: INPUT, id: `${prefix}-${index}` },
  }));
}

/**
 * Of a round that looks at parked runs. It is the second one of a new coordinator: the first looks at the runs that are
 * still pending, and there are none. Both are in the window, the third is not.
 */
async function commandsOfReconciler(installation: Installation, usualPerSecond: number): Promise<number> {
  const { servers } = installation;
  await installation.stop(installation.part("coordinator"));
  await installation.start("coordinator", { reconcileEveryMs: RECONCILE_EVERY_MS });
  // Partitions were just taken over; the window begins when that is done.
  await countCommands(servers, 1_000);
  const { commands, seconds } = await countCommands(servers, 2 * RECONCILE_EVERY_MS);
  return Math.round(commands - usualPerSecond * seconds);
}
