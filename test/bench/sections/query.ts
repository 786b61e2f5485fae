import { closedLoop } from "../closed-loop.js";
import type { CaseResult, Section } from "../section.js";
import { itemsAt, repeated } from "./support/case-sizes.js";
import { Installation } from "./support/installation.js";
import { onServers, startServer } from "./support/redis-servers.js";
import { seen } from "./support/section-workflows.js";
import { durationsMs, median, percentile } from "./support/statistics.js";

const RUNS = 500;

export const querySection: Section = {
  name: "query",
  title: "W8: queries",
  about:
    "Queries of 500 parked runs by another process, evenly. Warm: the owner has the runs in memory; closed loop with 1 and " +
    "64 in flight. Cold: the owner was stopped and a new process is ready; the first query of each run, one after the " +
    "other, for which the owner loads and replays it; the very first answer of that process stands beside. Medians over the repetitions.",
  run: ({ scale, durability, repetitions }, progress) =>
    onServers(startServer(durability), (servers) =>
      Installation.during({ servers }, async (installation) => {
        await installation.startAndSettle(RUNS, (index) => ({
          ...{ type: "answering", input: "x", id: idOf(index) },
        }));
        const cases: CaseResult[] = [];
        const common = { system: "heddle", durability };
        for (const inFlight of [1, 64]) {
          const n = itemsAt(scale, { full: inFlight === 1 ? 5_000 : 20_000, least: 10 * inFlight + 90 });
          const measure = async (times: number) => {
            let next = 0;
            return closedLoop({ n: times, inFlight, run: () => ask(installation, next++) });
          };
          await measure(n);
          const measured = await repeated(repetitions, () => measure(n));
          const middle = {
            perSecond: median(measured.map(({ perSecond }) => perSecond)),
            p50Ms: median(measured.map(({ p50Ms }) => p50Ms)),
            p99Ms: median(measured.map(({ p99Ms }) => p99Ms)),
          };
          cases.push({ ...common, workload: "W8 warm", n, inFlight, ...middle });
          progress(`warm, ${inFlight} in flight: ${middle.perSecond}/s, p99 ${middle.p99Ms} ms`);
        }
        const n = itemsAt(scale, { full: RUNS, least: 50 });
        const restarts = await repeated(repetitions, async () => {
          await installation.stop(installation.part("coordinator"));
          await installation.start("coordinator");
          return durationsMs(Math.min(n, RUNS), (nth) => ask(installation, nth));
        });
        const p50Ms = median(restarts.map((durations) => percentile(durations, 0.5)));
        const p99Ms = median(restarts.map((durations) => percentile(durations, 0.99)));
        const firstAnswerMs = median(restarts.map(([first = Number.NaN]) => first));
        cases.push({
          ...{ ...common, workload: "W8 cold", n, inFlight: 1, p50Ms, p99Ms },
          figures: { firstAnswerMs },
        });
        progress(`cold: first answer after ${firstAnswerMs.toFixed(1)} ms, p50 ${p50Ms.toFixed(2)} ms`);
        return cases;
      }),
    ),
};

function idOf(index: number): string {
  return `asked-${index % RUNS}`;
}

async function ask(installation: Installation, index: number): Promise<void> {
  const answer = await installation.client.query(idOf(index), seen, undefined, { strict: true });
  if (answer !== 0) throw new Error(`run ${idOf(index)} answered ${String(answer)}`);
}
