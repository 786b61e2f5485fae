// `npm run bench`: W1q, W1i, W2, W3 and W4 of the performance page beside baselines of the same run.
import { startTestRedis } from "@heddle/testkit";
import { bareFloor } from "./baselines/bare-floor.js";
import { chainedJobs } from "./baselines/chained-jobs.js";
import { closedLoop, type Measured } from "./closed-loop.js";
import { bytesPerParkedRun } from "./parked.js";
import { type CaseResult, printReport } from "./report.js";
import { startSystem, type System } from "./system.js";

const scale = Number(process.env["BENCH_SCALE"] ?? "1");
const durability = process.env["BENCH_FSYNC"] === "always" ? "always" : "everysec";
const redis = await startTestRedis({ appendFsync: durability });
const results: CaseResult[] = [];

interface Case {
  readonly workload: string;
  readonly inFlight: number;
  readonly n: number;
  readonly baseline: {
    readonly name: string;
    start(): Promise<{ run(id: string): Promise<void>; stop(): Promise<void> }>;
  };
  run(system: System): (id: string) => Promise<unknown>;
}

const chained = { name: "3 chained BullMQ jobs", start: () => chainedJobs(redis.url) };
const floor = (calls: number) => ({
  name: `${calls} bare Lua calls`,
  start: () => bareFloor(redis.url, calls),
});

const cases: Case[] = [
  ...[64, 512].map((inFlight): Case => ({
    workload: "W1q",
    inFlight,
    n: 4_000,
    baseline: chained,
    run:
      ({ engine }) =>
      async (id) =>
        (await engine.start("three-queued", 0, { id })).result(),
  })),
  {
    workload: "W1i",
    inFlight: 64,
    n: 10_000,
    baseline: floor(4),
    run:
      ({ engine }) =>
      async (id) =>
        (await engine.start("three-inline", 0, { id })).result(),
  },
  {
    workload: "W2",
    inFlight: 64,
    n: 10_000,
    baseline: floor(3),
    run:
      ({ engine }) =>
      async (id) => {
        const handle = engine.getHandle(id);
        await handle.signal("go", 1);
        return handle.result();
      },
  },
  {
    workload: "W3",
    inFlight: 64,
    n: 20_000,
    baseline: floor(1),
    run:
      ({ engine }) =>
      (id) =>
        engine.startOrSignal("collect", "x", { name: "go", payload: 1, signalId: id }, { id: halved(id) }),
  },
];

/** Two neighbouring items share a workflow: the first starts it, the second signals it. */
function halved(id: string): string {
  return id.replace(/\d+$/, (number) => String(Math.floor(Number(number) / 2)));
}

for (const { workload, inFlight, n, baseline, run } of cases) {
  const items = Math.max(inFlight, Math.round(n * scale));
  const bare = await baseline.start();
  await closedLoop({ n: inFlight * 2, inFlight, run: (id) => bare.run(id) });
  const measuredBaseline = await closedLoop({ n: items, inFlight, run: (id) => bare.run(id) });
  await bare.stop();
  const system = await startSystem(redis.url);
  const operation = run(system);
  const measured =
    workload === "W2"
      ? await signalParked(system, { n: items, inFlight, operation })
      : await measure({ n: items, inFlight, operation });
  await system.stop();
  const common = { workload, inFlight, n: items, durability };
  results.push({ ...common, system: baseline.name, ...measuredBaseline });
  results.push({ ...common, system: "heddle", ...measured, baselinePerSecond: measuredBaseline.perSecond });
}

const system = await startSystem(redis.url);
const parked = Math.max(1_000, Math.round(100_000 * scale));
const bytesPerParked = await bytesPerParkedRun(system, redis.url, parked);
await system.stop();
await redis.stop();
printReport(results);
console.log(
  `W4: ${bytesPerParked} bytes of Redis per parked run (${parked} runs, 100-byte input, everything included)`,
);
console.log(JSON.stringify({ workload: "W4", system: "heddle", n: parked, durability, bytesPerParked }));

async function measure(options: {
  n: number;
  inFlight: number;
  operation: (id: string) => Promise<unknown>;
}): Promise<Measured> {
  await closedLoop({
    n: options.inFlight * 4,
    inFlight: options.inFlight,
    run: (id) => options.operation(`warm-${id}`),
  });
  return closedLoop({ n: options.n, inFlight: options.inFlight, run: options.operation });
}

/** W2 signals runs that are parked already, so they are started before the clock runs. */
async function signalParked(
  system: System,
  options: { n: number; inFlight: number; operation: (id: string) => Promise<unknown> },
): Promise<Measured> {
  const ids = Array.from({ length: options.n }, (_, index) => `parked-${index}`);
  for (let at = 0; at < ids.length; at += 500) {
    await Promise.all(ids.slice(at, at + 500).map((id) => system.engine.start("signal-wait", "x", { id })));
  }
  return closedLoop({
    n: options.n,
    inFlight: options.inFlight,
    run: () => options.operation(ids.pop() ?? ""),
  });
}
