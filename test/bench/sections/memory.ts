import type { CaseResult, Section } from "../section.js";
import { itemsAt } from "./support/case-sizes.js";
import { Installation } from "./support/installation.js";
import { signalAndWait } from "./support/measure-load.js";
import { onServers, startServer } from "./support/redis-servers.js";
import { durationMs, durationsMs, percentile } from "./support/statistics.js";

type Progress = (line: string) => void;

const INPUT = "x".repeat(98);
const CHUNK = 50_000;
const DEEP_OFFSET = 10_000;

export const memorySection: Section = {
  name: "memory",
  title: "A million parked runs",
  about:
    "1,000,000 runs with an input of 100 bytes wait for a signal. What they take of Redis; how fast pages of the list, " +
    "counts and descriptions come with that many, called one after the other; and how long a signal to one of them waits " +
    "when the only owner is killed (3 s lease) or stopped, and a new process is started at the same moment: from the kill " +
    "or stop until the signalled run is completed, the start of Node included. Measured once, whatever the repetitions.",
  run: ({ scale, durability }, progress) => {
    const runs = itemsAt(scale, { full: 1_000_000, least: 1_000 });
    return onServers(startServer(durability, { rewrites: true }), (servers) =>
      Installation.during({ servers }, async (installation) => {
        const common = { system: "heddle", durability, n: runs };
        return [
          { ...common, ...(await park(installation, runs, progress)) },
          ...(await lookups(installation, runs, progress)).map((found) => ({ ...common, ...found })),
          { ...common, ...(await takeover(installation, "killed", progress)) },
          { ...common, ...(await takeover(installation, "stopped", progress)) },
        ];
      }),
    );
  },
};

type Found = Omit<CaseResult, "system" | "durability" | "n">;

async function park(installation: Installation, runs: number, progress: Progress): Promise<Found> {
  const before = await installation.servers.figures();
  const tookMs = await durationMs(async () => {
    for (let parked = 0; parked < runs; parked += CHUNK) {
      await installation.startAndSettle(Math.min(CHUNK, runs - parked), (index) => ({
        ...{ type: "signal-wait", input: INPUT, id: idOf(parked + index) },
      }));
      progress(`${Math.min(runs, parked + CHUNK)} runs are parked`);
    }
  });
  const after = await installation.servers.figures();
  const { residentBytes, heapBytes } = await installation.settledMemoryOf(installation.part("coordinator"));
  return {
    workload: "memory: park",
    perSecond: Math.round((runs * 1_000) / tookMs),
    bytesPerParked: (after.usedBytes - before.usedBytes) / runs,
    figures: {
      redisUsedBytes: after.usedBytes,
      coordinatorResidentBytes: residentBytes,
      coordinatorHeapBytes: heapBytes,
    },
  };
}

async function lookups(installation: Installation, runs: number, progress: Progress): Promise<Found[]> {
  const { client } = installation;
  const offset = Math.min(DEEP_OFFSET, Math.floor(runs / 2));
  const deep = await deepCursor(installation, Math.floor(runs / 2));
  const calls: readonly [string, number, (nth: number) => Promise<unknown>][] = [
    ["list, first page of 50", 100, () => client.list({ status: "running", limit: 50 })],
    [`list, 50 at offset ${offset}`, 30, () => client.list({ status: "running", limit: 50, offset })],
    [`list, 50 by cursor behind ${deep.behind}`, 100, () => client.list({ status: "running", ...deep.page })],
    ["list, first page of all statuses", 100, () => client.list({ limit: 50 })],
    ["count, one status", 100, () => client.count({ status: "running" })],
    ["count, all", 100, () => client.count()],
    ["describe", 1_000, (nth) => client.getHandle(idOf((nth * 7_919) % runs)).describe()],
  ];
  const found: Found[] = [];
  for (const [name, times, call] of calls) {
    const durations = await durationsMs(times, call);
    const [p50Ms, p99Ms] = [percentile(durations, 0.5), percentile(durations, 0.99)];
    progress(`${name}: p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`);
    found.push({ workload: `memory: ${name}`, inFlight: 1, p50Ms, p99Ms });
  }
  return found;
}

/** A page far from the newest run, reached by following cursors for as long as that is sensible. */
async function deepCursor(installation: Installation, wanted: number) {
  const limit = 500;
  const most = Math.min(wanted, 200 * limit);
  let behind = 0;
  let cursor: string | undefined;
  while (behind < most) {
    const page = await installation.client.list({
      ...{ status: "running", limit },
      ...(cursor === undefined ? {} : { cursor }),
    });
    if (page.cursor === undefined) break;
    cursor = page.cursor;
    behind += page.items.length;
  }
  return { behind, page: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } };
}

async function takeover(
  installation: Installation,
  how: "killed" | "stopped",
  progress: Progress,
): Promise<Found> {
  const owner = installation.part("coordinator");
  const id = idOf(how === "killed" ? 0 : 1);
  const begunAtMs = performance.now();
  await (how === "killed" ? installation.kill(owner) : installation.stop(owner));
  const goneAfterMs = performance.now() - begunAtMs;
  const sinceMs = (): number => Math.round(performance.now() - begunAtMs);
  const [readyAfterMs, processedAfterMs] = await Promise.all([
    installation.start("coordinator").then(sinceMs),
    signalAndWait(installation, id).then(sinceMs),
  ]);
  progress(`owner ${how}: a signal to a parked run was processed after ${processedAfterMs} ms`);
  return {
    workload: `memory: takeover, owner ${how}`,
    figures: { processedAfterMs, readyAfterMs, goneAfterMs: Math.round(goneAfterMs) },
  };
}

function idOf(index: number): string {
  return `parked-${index}`;
}
