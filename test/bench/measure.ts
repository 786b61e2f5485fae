import type { Redis } from "ioredis";
import { untilIdle, type BenchProcess } from "./bench-process.js";
import { closedLoop, uniquePrefix, type Measured } from "./closed-loop.js";
import type { Contender } from "./contender.js";
import { UsageMeter, type ProcessUsage } from "./usage/process-usage.js";
import { readRedisUsage, type RedisUsage } from "./usage/redis-usage.js";

export interface MeasureOptions {
  readonly contender: Contender;
  readonly n: number;
  readonly inFlight: number;
  /** Looks at the server from outside. */
  readonly redis: Redis;
  /** Work goes on after the last item is answered; what it uses belongs to the items. */
  readonly leavesWork: boolean;
}

/** One run of one contender: its speed, and what each item used. */
export interface Measurement extends Measured {
  readonly cpuMsPerItem: number;
  readonly redisCpuMsPerItem: number;
  readonly commandsPerItem: number;
  /** By role, and of Redis: `coordinatorCpuMsPerItem`. */
  readonly figures: Readonly<Record<string, number | string>>;
}

export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { contender, n, inFlight } = options;
  const prefix = uniquePrefix();
  await contender.prepare?.(Array.from({ length: n }, (_, index) => `${prefix}-${index}`));
  await untilIdle(contender.processes);
  const client = new UsageMeter();
  try {
    const before = await usageOf(options, client);
    const measured = await supervised(contender, (run) => closedLoop({ n, inFlight, prefix, run }));
    let after = await usageOf(options, client);
    const delays = after.processes;
    // Otherwise what it left would be measured with the next.
    await untilIdle(contender.processes);
    if (options.leavesWork) after = await usageOf(options, client);
    return { ...measured, ...perItem(n, before, after), figures: figures(n, before, after, delays) };
  } finally {
    client.stop();
  }
}

interface Usage {
  readonly redis: RedisUsage;
  /** By role; the client's first. */
  readonly processes: ReadonlyMap<string, ProcessUsage>;
}

async function usageOf({ contender, redis }: MeasureOptions, client: UsageMeter): Promise<Usage> {
  const processes = new Map([["client", client.sample()]]);
  for (const each of contender.processes) {
    if (processes.has(each.role)) throw new Error(`two processes are called ${each.role}`);
    processes.set(each.role, await each.usage());
  }
  return { processes, redis: await readRedisUsage(redis) };
}

function perItem(n: number, before: Usage, after: Usage) {
  const cpuMs = ({ processes }: Usage): number =>
    [...processes.values()].reduce((sum, usage) => sum + usage.cpuMs, 0);
  return {
    cpuMsPerItem: (cpuMs(after) - cpuMs(before)) / n,
    redisCpuMsPerItem: (after.redis.cpuMs - before.redis.cpuMs) / n,
    commandsPerItem: (after.redis.commands - before.redis.commands) / n,
  };
}

function figures(n: number, before: Usage, after: Usage, delays: ReadonlyMap<string, ProcessUsage>) {
  const named: Record<string, number | string> = {};
  for (const [role, used] of after.processes) {
    const earlier = before.processes.get(role);
    if (earlier === undefined) continue;
    named[`${role}CpuMsPerItem`] = (used.cpuMs - earlier.cpuMs) / n;
    named[`${role}AllocatedBytesPerItem`] = Math.round((used.allocatedBytes - earlier.allocatedBytes) / n);
    named[`${role}CollectionMsPerItem`] = (used.collectionMs - earlier.collectionMs) / n;
    named[`${role}LoopDelayP50Ms`] = delays.get(role)?.loopDelayP50Ms ?? Number.NaN;
    named[`${role}LoopDelayP99Ms`] = delays.get(role)?.loopDelayP99Ms ?? Number.NaN;
  }
  named["scriptCallsPerItem"] = (after.redis.scriptCalls - before.redis.scriptCalls) / n;
  named["commands"] = busiestCommands(n, before.redis, after.redis);
  return named;
}

const COMMANDS_SHOWN = 10;

/** Such as "evalsha 4.0, hset 4.0, xadd 1.0": calls per item, inside of scripts included. */
function busiestCommands(n: number, before: RedisUsage, after: RedisUsage): string {
  return [...after.callsByCommand]
    .map(([command, calls]) => ({
      command,
      perItem: (calls - (before.callsByCommand.get(command) ?? 0)) / n,
    }))
    .sort((one, other) => other.perItem - one.perItem)
    .slice(0, COMMANDS_SHOWN)
    .filter(({ perItem }) => perItem >= 0.005)
    .map(({ command, perItem }) => `${command} ${perItem.toFixed(2)}`)
    .join(", ");
}

const STANDSTILL_MS = 30_000;

/** A loop that cannot end fails instead: when a process is gone, or when no item ends any more. */
async function supervised<Result>(
  contender: Contender,
  loop: (run: Contender["run"]) => Promise<Result>,
): Promise<Result> {
  let ended = 0;
  let endedBefore = -1;
  const watch = new AbortController();
  const standsStill = new Promise<never>((_resolve, reject) => {
    const timer = setInterval(() => {
      if (ended === endedBefore)
        reject(new Error(`${contender.name}: no item ended for ${STANDSTILL_MS} ms`));
      endedBefore = ended;
    }, STANDSTILL_MS);
    watch.signal.addEventListener("abort", () => clearInterval(timer));
  });
  const run = async (id: string): Promise<void> => {
    await contender.run(id);
    ended++;
  };
  try {
    return await Promise.race([loop(run), standsStill, ...contender.processes.map(endsTooEarly)]);
  } finally {
    watch.abort();
  }
}

async function endsTooEarly({ role, exited, lines: printed }: BenchProcess): Promise<never> {
  const { code, signal } = await exited;
  const lines = printed.slice(-20).join("\n");
  throw new Error(`${role} ended with ${signal ?? `code ${code}`} while it was measured\n${lines}`);
}
