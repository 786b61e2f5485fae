import type { CaseResult, Section } from "../section.js";
import { itemsAt } from "./support/case-sizes.js";
import { Installation } from "./support/installation.js";
import { type Load, measureLoad, type MeasuredLoad, medianCase } from "./support/measure-load.js";
import { onServers, type RedisServers, startCluster, startServer } from "./support/redis-servers.js";

const PRIMARIES = 3;
const LOADS: readonly (Omit<Load, "n"> & { readonly full: number })[] = [
  { workload: "W1i", inFlight: 64, full: 12_000 },
  { workload: "W2", inFlight: 64, full: 12_000 },
  { workload: "W1q", inFlight: 512, full: 4_000 },
];

export const clusterSection: Section = {
  name: "cluster",
  title: "A Cluster of three primaries",
  about:
    "W1i, W2 and W1q on a Redis Cluster of three primaries with append-only files, beside a single server, in turn in " +
    "the same run; one coordinator, one worker (W1q) and one client process. All servers share the machine, so the ratio tells " +
    "what a cluster costs, not what it brings; the CPU time of Redis is that of all its servers together.",
  run: async ({ scale, durability, repetitions }, progress) => {
    const cases: CaseResult[] = [];
    for (const { full, ...kind } of LOADS) {
      const load: Load = { ...kind, n: itemsAt(scale, { full, least: Math.max(1_000, 2 * kind.inFlight) }) };
      const single: MeasuredLoad[] = [];
      const cluster: MeasuredLoad[] = [];
      for (let repetition = 0; repetition < repetitions; repetition++) {
        single.push(await measured(load, startServer(durability)));
        cluster.push(await measured(load, startCluster(durability, PRIMARIES)));
      }
      const alone = medianCase(load, single);
      const together = medianCase(load, cluster);
      cases.push(
        { system: "heddle, single server", durability, ...alone },
        {
          ...{ system: "heddle, cluster", durability, baseline: "single server" },
          ...{ baselinePerSecond: alone.perSecond, ratio: together.perSecond / alone.perSecond },
          ...together,
        },
      );
      progress(`${load.workload}: single server ${alone.perSecond}/s, cluster ${together.perSecond}/s`);
    }
    return cases;
  },
};

function measured(load: Load, starting: Promise<RedisServers>): Promise<MeasuredLoad> {
  const parts = { worker: load.workload === "W1q" ? 1 : 0 };
  return onServers(starting, (servers) =>
    Installation.during({ servers, parts, answers: "usage" }, (installation) =>
      measureLoad(installation, load),
    ),
  );
}
