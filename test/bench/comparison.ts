import type { Redis } from "ioredis";
import type { Contender } from "./contender.js";
import { measure, type Measurement } from "./measure.js";
import type { CaseResult } from "./section.js";
import type { Workload } from "./workloads.js";

type Durability = CaseResult["durability"];

export interface Comparison {
  readonly workload: Workload;
  readonly system: Contender;
  readonly baselines: readonly Contender[];
  readonly redis: Redis;
  readonly n: number;
  readonly inFlight: number;
  readonly repetitions: number;
  /** Each is measured within each repetition, so that they can be compared as well. */
  readonly durabilities: readonly Durability[];
}

/** All runs of one contender at one durability, in order of repetition. */
interface Runs {
  readonly contender: Contender;
  readonly durability: Durability;
  readonly measurements: Measurement[];
}

/** Measures the system and its baselines in turn, in each repetition, and tells the medians. */
export async function compare(comparison: Comparison): Promise<CaseResult[]> {
  const { system, baselines, redis, n, inFlight, durabilities } = comparison;
  const contenders = [...baselines, system];
  const all = durabilities.flatMap((durability) =>
    contenders.map((contender): Runs => ({ contender, durability, measurements: [] })),
  );
  for (let repetition = 0; repetition < comparison.repetitions; repetition++) {
    for (const { contender, durability, measurements } of all) {
      await redis.config("SET", "appendfsync", durability);
      const leavesWork = comparison.workload.leavesWork ?? false;
      measurements.push(await measure({ contender, n, inFlight, redis, leavesWork }));
    }
  }
  const of = (contender: Contender, durability: Durability): Runs => {
    const found = all.find((runs) => runs.contender === contender && runs.durability === durability);
    if (found === undefined) throw new Error(`${contender.name} was not measured at ${durability}`);
    return found;
  };
  return durabilities.flatMap((durability) => [
    ...baselines.map((baseline) => caseOf(comparison, of(baseline, durability))),
    ...baselines.map((baseline) =>
      besideBaseline(comparison, of(system, durability), of(baseline, durability)),
    ),
    ...(durability === "always" && durabilities.includes("everysec")
      ? [besideEverysec(comparison, of(system, "always"), of(system, "everysec"))]
      : []),
  ]);
}

/** The run whose rate is the median, so that all figures of a line are of one run. */
function median({ measurements }: Runs): Measurement {
  const sorted = [...measurements].sort((one, other) => one.perSecond - other.perSecond);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error("nothing was measured");
  return middle;
}

function caseOf({ workload, n, inFlight }: Comparison, runs: Runs): CaseResult {
  const { figures, ...measured } = median(runs);
  return {
    system: runs.contender.name,
    workload: inFlight === n ? `${workload.name} blast` : workload.name,
    durability: runs.durability,
    n,
    inFlight,
    ...measured,
    figures,
  };
}

function beside(comparison: Comparison, runs: Runs, others: { runs: Runs; name: string }): CaseResult {
  const result = caseOf(comparison, runs);
  const [ours, theirs] = [median(runs), median(others.runs)];
  const ratios = runs.measurements.map(
    ({ perSecond }, repetition) =>
      perSecond / (others.runs.measurements[repetition]?.perSecond ?? Number.NaN),
  );
  return {
    ...result,
    baseline: others.name,
    baselinePerSecond: theirs.perSecond,
    ratio: ours.perSecond / theirs.perSecond,
    figures: {
      ...result.figures,
      p99Ratio: ours.p99Ms / theirs.p99Ms,
      ratioFrom: Math.min(...ratios),
      ratioTo: Math.max(...ratios),
    },
  };
}

function besideBaseline(comparison: Comparison, system: Runs, baseline: Runs): CaseResult {
  const result = beside(comparison, system, { runs: baseline, name: baseline.contender.name });
  const { target } = comparison.workload;
  if (
    system.durability !== "everysec" ||
    target.inFlight !== comparison.inFlight ||
    target.baseline !== baseline.contender.name
  ) {
    return result;
  }
  const p99Ratio = median(system).p99Ms / median(baseline).p99Ms;
  const isFastEnough = (result.ratio ?? 0) >= target.leastRatio;
  return {
    ...result,
    target: `≥ ${target.leastRatio} ×${target.mostP99Ratio === undefined ? "" : `, p99 ≤ ${target.mostP99Ratio} ×`}`,
    met: isFastEnough && p99Ratio <= (target.mostP99Ratio ?? Infinity),
  };
}

function besideEverysec(comparison: Comparison, always: Runs, everysec: Runs): CaseResult {
  const name = `${everysec.contender.name}, everysec`;
  const result = beside(comparison, always, { runs: everysec, name });
  const least = comparison.workload.leastFsyncRatio;
  return least === undefined
    ? result
    : { ...result, target: `≥ ${least} ×`, met: (result.ratio ?? 0) >= least };
}
