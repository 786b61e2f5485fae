import { setTimeout as delay } from "node:timers/promises";
import { CONDUCTOR_WORKFLOW, readWorkflowDef, replayedExecution } from "@heddle/conductor";
import type { BenchSettings, CaseResult, Section } from "../section.js";
import { itemsAt, repeated } from "./support/case-sizes.js";
import { Installation } from "./support/installation.js";
import { onServers, startServer } from "./support/redis-servers.js";
import { durationMs, median, percentile } from "./support/statistics.js";

type Progress = (line: string) => void;
type Json = Readonly<Record<string, unknown>>;

const WAIT_MS = 1_000;
/** Executions that are started per second, so that the installation has next to nothing to do. */
const STARTS_PER_SECOND = 20;

const SHAPES = [
  { shape: "fork", sizes: [1_000, 2_000, 4_000] },
  { shape: "loop", sizes: [2_500, 5_000, 10_000] },
] as const;
type Shape = (typeof SHAPES)[number]["shape"];

export const conductorSection: Section = {
  name: "conductor",
  title: "Conductor definitions",
  about:
    "One execution at a time of a definition whose workers do nothing. Fork: a dynamic fork of that many SIMPLE tasks and " +
    "its JOIN. Loop: a DO_WHILE of that many iterations of a SIMPLE task, each followed by its condition, a script in the sandbox. " +
    "Compared is the cost of a task with that in the execution of half the size; a ratio of 1 is a cost that does not grow with " +
    "the number of tasks. Medians over the repetitions, loops once, after an execution of the smallest size as warm-up. WAIT: 20 executions per " +
    `second with a WAIT of ${WAIT_MS / 1_000} s; lateness is from when it was due until the caller had the result of the execution.`,
  run: (settings, progress) =>
    onServers(startServer(settings.durability), (servers) =>
      Installation.during(
        { servers, parts: { worker: 1 }, executesDefinitions: true },
        async (installation) => [
          ...(await costOfTasks(installation, settings, progress)),
          await latenessOfWaits(installation, settings, progress),
        ],
      ),
    ),
};

async function costOfTasks(
  installation: Installation,
  { scale, repetitions, durability }: BenchSettings,
  progress: Progress,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const { shape, sizes } of SHAPES) {
    const [least = 0] = sizes;
    await execute(installation, shape, itemsAt(scale, { full: least, least: 50 }));
    let before: number | undefined;
    for (const size of sizes) {
      const n = itemsAt(scale, { full: size, least: Math.round((50 * size) / least) });
      const executions = await repeated(shape === "loop" ? 1 : repetitions, () =>
        execute(installation, shape, n),
      );
      const msPerTask = median(executions.map(({ tookMs }) => tookMs)) / n;
      const historyBytesPerTask = Math.round(median(executions.map(({ historyBytes }) => historyBytes)) / n);
      const ratio = before === undefined ? undefined : msPerTask / before;
      progress(`${shape} of ${n}: ${msPerTask.toFixed(3)} ms and ${historyBytesPerTask} B per task`);
      results.push({
        ...{ system: "heddle", workload: `conductor ${shape}`, durability, n, inFlight: 1 },
        perSecond: Math.round(1_000 / msPerTask),
        ...(ratio === undefined
          ? {}
          : { ratio, baseline: "half the size", target: "≤ 1.25 ×", met: ratio <= 1.25 }),
        figures: { msPerTask, historyBytesPerTask },
      });
      before = msPerTask;
    }
  }
  return results;
}

async function execute(installation: Installation, shape: Shape, n: number) {
  const { client, servers, namespace } = installation;
  const definition = readWorkflowDef(definitionOf(shape, n));
  const input = shape === "fork" ? { items: Array.from({ length: n }, () => ({})) } : {};
  const handle = await client.start(CONDUCTOR_WORKFLOW, { definition, input });
  const tookMs = await durationMs(() => handle.result());
  let historyBytes = 0;
  for (const redis of servers.observers) {
    for (const key of await redis.keys(`{heddle:${namespace}:*}:h:${handle.id}`)) {
      historyBytes += (await redis.memory("USAGE", key, "SAMPLES", 0)) ?? 0;
    }
  }
  return { tookMs, historyBytes };
}

function definitionOf(shape: Shape, n: number): Json {
  const work = { name: "work", taskReferenceName: "work" };
  const loop = {
    ...{ name: "loop", taskReferenceName: "loop", type: "DO_WHILE" },
    ...{ loopCondition: `$.loop['iteration'] < ${n}`, loopOver: [work] },
  };
  const fork = {
    ...{ name: "fork", taskReferenceName: "fork", type: "FORK_JOIN_DYNAMIC" },
    inputParameters: { forkTaskName: "work", forkTaskInputs: "${workflow.input.items}" },
  };
  const join = { name: "join", taskReferenceName: "join", type: "JOIN" };
  return { name: shape, tasks: shape === "loop" ? [loop] : [fork, join] };
}

async function latenessOfWaits(
  installation: Installation,
  { scale, durability }: BenchSettings,
  progress: Progress,
): Promise<CaseResult> {
  const n = itemsAt(scale, { full: 1_000, least: 100 });
  const wait = { name: "wait", taskReferenceName: "wait", type: "WAIT" };
  const inputParameters = { duration: `${WAIT_MS / 1_000}s` };
  const definition = readWorkflowDef({ name: "waiting", tasks: [{ ...wait, inputParameters }] });
  const waits: Promise<number>[] = [];
  for (let index = 0; index < n; index++) {
    waits.push(latenessOfOne(installation, definition));
    await delay(1_000 / STARTS_PER_SECOND);
  }
  const lateness = await Promise.all(waits);
  const [p50Ms, p99Ms] = [percentile(lateness, 0.5), percentile(lateness, 0.99)];
  const early = lateness.filter((ms) => ms < 0).length;
  progress(`WAIT: lateness p50 ${p50Ms} ms, p99 ${p99Ms} ms; ${early} early`);
  return {
    ...{ system: "heddle", workload: "conductor WAIT", durability, n, p50Ms, p99Ms },
    ...{ target: "p99 < 100 ms, 0 early", met: p99Ms < 100 && early === 0 },
    figures: { early, maxMs: percentile(lateness, 1), startsPerSecond: STARTS_PER_SECOND },
  };
}

async function latenessOfOne({ client }: Installation, definition: unknown): Promise<number> {
  const handle = await client.start(CONDUCTOR_WORKFLOW, { definition, input: {} });
  await handle.result();
  // The machine has one clock, Redis's and this process's.
  const endedAtMs = Date.now();
  const { tasks } = await replayedExecution(await handle.exportHistory());
  const [wait] = tasks as readonly { readonly startTime: number }[];
  return endedAtMs - ((wait?.startTime ?? Number.NaN) + WAIT_MS);
}
