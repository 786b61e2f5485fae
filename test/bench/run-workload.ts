import { startTestRedis } from "@heddle/testkit";
import { Redis } from "ioredis";
import { compare } from "./comparison.js";
import type { Contender } from "./contender.js";
import { measure } from "./measure.js";
import type { BenchSettings, CaseResult } from "./section.js";
import type { Workload } from "./workloads.js";

/** One case of a workload. */
export interface Size {
  readonly n: number;
  /** With `n` it is a blast: everything at once. */
  readonly inFlight: number;
}

/** Where both durabilities are measured in a run with fsync everysec. */
const FSYNC_IN_FLIGHT = 64;
const WARM_UP_IN_FLIGHT = 64;
/** With fewer the compiler is measured. */
const LEAST_WARM_UP_ITEMS = 1_000;

/** On a server of its own, with processes that stay for all its cases. */
export async function runWorkload(options: {
  workload: Workload;
  sizes: readonly Size[];
  settings: BenchSettings;
  progress: (line: string) => void;
}): Promise<CaseResult[]> {
  const { workload, settings, progress } = options;
  // A rewrite of the append-only file would fall into one run and not into the next.
  const server = await startTestRedis({
    appendFsync: settings.durability,
    extraArguments: ["--auto-aof-rewrite-percentage", "0"],
  });
  const redis = new Redis(server.url);
  const contenders: Contender[] = [];
  try {
    const baselines: Contender[] = [];
    for (const start of workload.baselines) {
      const baseline = await start(server.url);
      baselines.push(baseline);
      contenders.push(baseline);
    }
    const system = await workload.startSystem(server.url);
    contenders.push(system);
    // Until the compilers of all processes have seen the hot paths.
    const n = Math.max(LEAST_WARM_UP_ITEMS, Math.round(workload.items * settings.scale));
    for (const contender of contenders) {
      await measure({ contender, n, inFlight: WARM_UP_IN_FLIGHT, redis, leavesWork: false });
    }
    const results: CaseResult[] = [];
    for (const { n, inFlight } of options.sizes) {
      const both = settings.durability === "everysec" && inFlight === FSYNC_IN_FLIGHT;
      const cases = await compare({
        ...{ workload, system, baselines, redis, n, inFlight },
        repetitions: settings.repetitions,
        durabilities: both ? ["everysec", "always"] : [settings.durability],
      });
      for (const line of cases) progress(summary(line));
      results.push(...cases);
    }
    return results;
  } finally {
    // All are tried: what one leaves behind would run beside the next workload.
    const endings = await Promise.allSettled(contenders.map((contender) => contender.stop()));
    for (const ending of endings) if (ending.status === "rejected") progress(String(ending.reason));
    redis.disconnect();
    await server.stop();
  }
}

function summary(result: CaseResult): string {
  const { workload, inFlight, durability, system, perSecond, baseline, ratio } = result;
  const beside = ratio === undefined ? "" : `, ${ratio.toFixed(2)} × ${baseline}`;
  return `${workload} ${inFlight} in flight, fsync ${durability}: ${system} ${perSecond}/s${beside}`;
}
