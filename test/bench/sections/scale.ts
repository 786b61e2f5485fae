import type { BenchSettings, CaseResult, Section } from "../section.js";
import { itemsAt, repeated } from "./support/case-sizes.js";
import { Installation } from "./support/installation.js";
import { type Load, measureLoad, type MeasuredLoad, medianCase } from "./support/measure-load.js";
import { onServers, startServer } from "./support/redis-servers.js";

const COORDINATORS = [1, 2, 4] as const;
const COUNTED = { 1: "one coordinator", 2: "two coordinators", 4: "four coordinators" };

export const scaleSection: Section = {
  name: "scale",
  title: "Partitions on one, two and four coordinators",
  about:
    "W1i and W1q with 512 in flight. The 16 partitions are shared equally by one, two or four coordinator processes; " +
    "one worker process (W1q), one client process, one Redis. On a machine with fewer cores than processes the rate " +
    "cannot grow with coordinators; the CPU time per workflow tells what the split itself costs. The ratio is the rate " +
    "beside that of one coordinator in the same run; connections are those to Redis under load.",
  run: async (settings, progress) => [
    ...(await casesOf("W1i", settings, progress)),
    ...(await casesOf("W1q", settings, progress)),
  ],
};

async function casesOf(
  workload: "W1i" | "W1q",
  settings: BenchSettings,
  progress: (line: string) => void,
): Promise<CaseResult[]> {
  const full = workload === "W1i" ? 12_000 : 4_000;
  const load: Load = { workload, inFlight: 512, n: itemsAt(settings.scale, { full, least: 1_024 }) };
  const { durability, repetitions } = settings;
  // In turn, so that what else the machine does falls on each of them.
  const rounds = await repeated(repetitions, async () => {
    const loads: MeasuredLoad[] = [];
    for (const coordinators of COORDINATORS) loads.push(await measured(load, coordinators, durability));
    return loads;
  });
  const found = COORDINATORS.map((coordinators, index) => ({
    coordinators,
    ...medianCase(
      load,
      rounds.flatMap((loads) => loads.slice(index, index + 1)),
    ),
  }));
  return found.map(({ coordinators, ...own }) => {
    const cpu = (own.cpuMsPerItem + own.redisCpuMsPerItem).toFixed(3);
    progress(`${workload} on ${coordinators}: ${own.perSecond}/s, ${cpu} ms of CPU per workflow`);
    const single = found[0]?.perSecond ?? Number.NaN;
    return {
      ...{ system: `heddle, ${COUNTED[coordinators]}`, durability },
      ...(coordinators === 1
        ? {}
        : { baseline: COUNTED[1], baselinePerSecond: single, ratio: own.perSecond / single }),
      ...own,
    };
  });
}

function measured(
  load: Load,
  coordinators: number,
  durability: BenchSettings["durability"],
): Promise<MeasuredLoad> {
  const parts = { coordinator: coordinators, worker: load.workload === "W1q" ? 1 : 0 };
  return onServers(startServer(durability), (servers) =>
    Installation.during({ servers, parts, answers: "usage" }, (installation) =>
      measureLoad(installation, load),
    ),
  );
}
