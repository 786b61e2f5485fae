import { runWorkload, type Size } from "../run-workload.js";
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
/** With one in flight most of the time is spent waiting, so that fewer items take as long. */
const ALONE_SHARE = 0.1;
const LEAST_ITEMS = 100;

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
