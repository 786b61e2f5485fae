import { bareFloor } from "./baselines/bare-floor.js";
import { chainedJobs, checkpointedJob } from "./baselines/bull-jobs.js";
import { splitFloor } from "./baselines/split-floor.js";
import type { Contender } from "./contender.js";
import { startSystem, type System } from "./system.js";

/** What the page "performance" asks of a case, as a ratio to a baseline of the same run. */
interface Target {
  readonly inFlight: number;
  readonly baseline: string;
  readonly leastRatio: number;
  /** p99 of the system beside that of the baseline. */
  readonly mostP99Ratio?: number;
}

export interface Workload {
  readonly name: string;
  /** Items per run at scale 1, with many in flight. */
  readonly items: number;
  /** Measured with everything at once as well. */
  readonly hasBlast?: boolean;
  /** Items are answered before their work is done. */
  readonly leavesWork?: boolean;
  readonly target: Target;
  /** Least rate with fsync always beside that with fsync everysec. */
  readonly leastFsyncRatio?: number;
  startSystem(url: string): Promise<Contender>;
  /** Started one after the other, because one that fails must not leave others behind. */
  readonly baselines: readonly ((url: string) => Promise<Contender>)[];
}

const SPLIT_START = "split floor: 4 Lua calls";
const SPLIT_SIGNAL = "split floor: 3 Lua calls";

export const WORKLOADS: readonly Workload[] = [
  {
    name: "W1q",
    items: 4_000,
    target: { inFlight: 512, baseline: "3 chained BullMQ jobs", leastRatio: 0.8 },
    startSystem: (url) => systemThat(url, { workers: 1 }, threeSteps("three-queued")),
    baselines: [chainedJobs, checkpointedJob],
  },
  {
    name: "W1i",
    items: 12_000,
    target: { inFlight: 64, baseline: SPLIT_START, leastRatio: 0.4 },
    leastFsyncRatio: 0.5,
    startSystem: (url) => systemThat(url, { workers: 0 }, threeSteps("three-inline")),
    baselines: [(url) => splitFloor({ url, kind: "start" }), (url) => bareFloor(url, 4)],
  },
  {
    name: "W2",
    // Fewer than the runs that a coordinator keeps in memory by default: what is parked longer is section "parked".
    items: 8_000,
    hasBlast: true,
    target: { inFlight: 64, baseline: SPLIT_SIGNAL, leastRatio: 0.5, mostP99Ratio: 3 },
    leastFsyncRatio: 0.5,
    startSystem: (url) => systemThat(url, { workers: 0 }, signalParked),
    baselines: [(url) => splitFloor({ url, kind: "signal" }), (url) => bareFloor(url, 3)],
  },
  {
    name: "W3",
    items: 24_000,
    leavesWork: true,
    target: { inFlight: 64, baseline: "bare floor: 1 Lua call", leastRatio: 0.5 },
    leastFsyncRatio: 0.5,
    startSystem: (url) => systemThat(url, { workers: 0 }, startOrSignal),
    baselines: [(url) => bareFloor(url, 1)],
  },
];

type Deed = (system: System) => Pick<Contender, "run" | "prepare">;

async function systemThat(url: string, options: { workers: number }, deed: Deed): Promise<Contender> {
  const system = await startSystem(url, options);
  return { name: "heddle", processes: system.processes, stop: () => system.stop(), ...deed(system) };
}

function threeSteps(type: string): Deed {
  return ({ engine }) => ({
    run: (id) => engine.execute(type, 0, { id }),
  });
}

const STARTED_AT_ONCE = 500;

const signalParked: Deed = ({ engine }) => ({
  prepare: async (ids) => {
    for (let at = 0; at < ids.length; at += STARTED_AT_ONCE) {
      const some = ids.slice(at, at + STARTED_AT_ONCE);
      await Promise.all(some.map((id) => engine.start("signal-wait", "x", { id })));
    }
  },
  run: async (id) => {
    const handle = engine.getHandle(id);
    await handle.signal("go", 1);
    return handle.result();
  },
});

const startOrSignal: Deed = ({ engine }) => ({
  run: (id) =>
    engine.startOrSignal("collect", "x", { name: "go", payload: 1, signalId: id }, { id: halved(id) }),
});

/** Two neighbouring items share a workflow: the first starts it, the second signals it. */
export function halved(id: string): string {
  return id.replace(/\d+$/, (number) => String(Math.floor(Number(number) / 2)));
}
