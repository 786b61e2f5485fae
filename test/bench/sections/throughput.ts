import { startTestRedis } from "@heddle/testkit";
import { Redis } from "ioredis";
import { compare } from "../comparison.js";
import type { Contender } from "../contender.js";
import { measure } from "../measure.js";
import type { BenchSettings, CaseResult, Section } from "../section.js";
import { WORKLOADS, type Workload } from "../workloads.js";

const ABOUT = `W1q, W1i, W2 and W3 in a closed loop with 1, 64, 256 and 512 in flight, and W2 also as a blast: all signals at once.
The parked workflows of W2 fit into the coordinator's memory.
This process is the client; the coordinator, the worker (W1q) and the owner or worker of a baseline are processes of their
own on the same machine. Each workload has a Redis of its own with an append-only file, which is not rewritten while it is
measured, and the same warmed-up processes serve all its cases. In each repetition the baselines and the system are
measured in turn; a line has the run with the median rate, and _ratioFrom_ and _ratioTo_ are the least and the greatest
ratio within one repetition. CPU time, allocation (of the JavaScript heap) and event-loop delay come from the processes
themselves. With 64 in flight both durabilities are measured in turn, so that they can be compared. \`--only\` chooses cases.

The baselines do what the item needs and nothing else:

- _3 chained BullMQ jobs_: each job adds the next, the last one tells the client. No history, nothing to replay.
- _1 BullMQ job with 3 checkpoints_: one processor does all steps and keeps in the job's data how far it came.
- _split floor_: the fewest durable Lua calls with the processes of the system. The client appends to an inbox (1), an owner
  process reads it and commits each step of each workflow by one call (W1i 3, W2 1), the last of which tells the client; for a
  signal that is a call of its own (W2 1). Calls of one turn of the event loop share a pipeline.
- _bare floor_: as many Lua calls of seven commands, made by the client itself, one after the other for each item.`;

const IN_FLIGHT = [1, 64, 256, 512];
/** Where both durabilities are measured in a run with fsync everysec. */
const FSYNC_IN_FLIGHT = 64;
const WARM_UP_IN_FLIGHT = 64;
/** With one in flight most of the time is spent waiting, so that fewer items take as long. */
const ALONE_SHARE = 0.1;
const LEAST_ITEMS = 100;
/** With fewer the compiler is measured. */
const LEAST_WARM_UP_ITEMS = 1_000;

export const throughputSection: Section = {
  name: "throughput",
  title: "Throughput and latency",
  about: ABOUT,
  async run(settings, progress) {
    const results: CaseResult[] = [];
    for (const workload of WORKLOADS) {
      const sizes = sizesOf(workload, settings);
      if (sizes.length > 0) results.push(...(await runWorkload({ workload, sizes, settings, progress })));
    }
    return results;
  },
};

/** On a server of its own, with processes that stay for all its cases. */
async function runWorkload(options: {
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

interface Size {
  readonly n: number;
  readonly inFlight: number;
}

function sizesOf(workload: Workload, { scale, only }: BenchSettings): Size[] {
  const closed = IN_FLIGHT.map((inFlight): Size => {
    const items = workload.items * scale * (inFlight === 1 ? ALONE_SHARE : 1);
    return { inFlight, n: Math.max(LEAST_ITEMS, 2 * inFlight, Math.round(items)) };
  });
  const everything = Math.max(2 * Math.max(...IN_FLIGHT), Math.round(workload.items * scale));
  const blast = workload.hasBlast === true ? [{ inFlight: everything, n: everything }] : [];
  const isChosen = (name: string): boolean =>
    only === undefined || only.includes(name) || only.includes(workload.name);
  return [
    ...closed.filter(({ inFlight }) => isChosen(`${workload.name}/${inFlight}`)),
    ...blast.filter(() => isChosen(`${workload.name}/blast`)),
  ];
}

function summary(result: CaseResult): string {
  const { workload, inFlight, durability, system, perSecond, baseline, ratio } = result;
  const beside = ratio === undefined ? "" : `, ${ratio.toFixed(2)} × ${baseline}`;
  return `${workload} ${inFlight} in flight, fsync ${durability}: ${system} ${perSecond}/s${beside}`;
}
