import { untilIdle } from "../../bench-process.js";
import { closedLoop, type Measured } from "../../closed-loop.js";
import type { CaseResult } from "../../section.js";
import type { CpuMs, Installation } from "./installation.js";
import { median } from "./statistics.js";

export interface Load {
  readonly workload: "W1i" | "W1q" | "W2";
  readonly n: number;
  readonly inFlight: number;
}

export interface MeasuredLoad extends Measured {
  /** Of the measured part alone. */
  readonly cpuMs: CpuMs;
  readonly commands: number;
  /** To Redis, right after the load; this process's own included. */
  readonly connections: number;
}

/** Processes that were not warmed up measure the compiler. */
const WARM_UP = { n: 1_000, inFlight: 64 };

/** Runs one of the main workloads in a closed loop, after a warm-up. */
export async function measureLoad(installation: Installation, load: Load): Promise<MeasuredLoad> {
  const { workload, n, inFlight } = load;
  const parked: string[] = [];
  if (workload === "W2") {
    await installation.startAndSettle(n + WARM_UP.n, (index) => {
      parked.push(`parked-${index}`);
      return { type: "signal-wait", input: "x", id: `parked-${index}` };
    });
  }
  const run = (id: string): Promise<unknown> =>
    workload === "W2"
      ? signalAndWait(installation, parked.pop() ?? id)
      : startAndWait(installation, workload === "W1i" ? "three-inline" : "three-queued", id);
  await closedLoop({ ...WARM_UP, run });
  await untilIdle(installation.parts);
  const before = await installation.cpuMs();
  const { commands } = await installation.servers.figures();
  const measured = await closedLoop({ n, inFlight, run });
  const after = await installation.cpuMs();
  const figures = await installation.servers.figures();
  const cpuMs = {
    coordinator: after.coordinator - before.coordinator,
    worker: after.worker - before.worker,
    client: after.client - before.client,
    redis: after.redis - before.redis,
  };
  return { ...measured, cpuMs, commands: figures.commands - commands, connections: figures.connections };
}

export async function startAndWait(installation: Installation, type: string, id: string): Promise<unknown> {
  return installation.client.execute(type, 0, { id });
}

export async function signalAndWait(installation: Installation, id: string): Promise<unknown> {
  const handle = installation.client.getHandle(id);
  await handle.signal("go", 1);
  return handle.result();
}

/** The part of a case that several measurements of one load make, each figure the middle one. */
export function medianCase(load: Load, loads: readonly MeasuredLoad[]) {
  const middle = (pick: (measured: MeasuredLoad) => number): number => median(loads.map(pick));
  const perItem = (pick: (cpuMs: CpuMs) => number): number => middle(({ cpuMs }) => pick(cpuMs)) / load.n;
  return {
    ...load,
    perSecond: middle(({ perSecond }) => perSecond),
    p50Ms: middle(({ p50Ms }) => p50Ms),
    p99Ms: middle(({ p99Ms }) => p99Ms),
    cpuMsPerItem: perItem(({ coordinator, worker, client }) => coordinator + worker + client),
    redisCpuMsPerItem: perItem(({ redis }) => redis),
    commandsPerItem: middle(({ commands }) => commands) / load.n,
    figures: {
      coordinatorCpuMsPerItem: perItem(({ coordinator }) => coordinator),
      ...(load.workload === "W1q" ? { workerCpuMsPerItem: perItem(({ worker }) => worker) } : {}),
      clientCpuMsPerItem: perItem(({ client }) => client),
      connections: middle(({ connections }) => connections),
    },
  } satisfies Omit<CaseResult, "system" | "durability">;
}
