import { fileURLToPath } from "node:url";
import { spawnProcess, waitFor, type SpawnedProcess } from "@heddle/testkit";
import type { ProcessUsage } from "./usage/process-usage.js";

/** A process that calls `answerUsage` and prints "ready". */
export interface BenchProcess extends SpawnedProcess {
  /** What it does in the measured system, such as "coordinator"; figures carry it in their names. */
  readonly role: string;
  /** As the process itself measured it. */
  usage(): Promise<ProcessUsage>;
}

export interface BenchProcessOptions {
  readonly role: string;
  readonly entry: URL;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Starts it with the same flags of Node as this process. So both run the built packages, as users do: from source, tsx
 * wraps every inner function to keep its name, which costs a hot path. And `--cpu-prof` profiles all processes.
 */
export async function spawnBenchProcess(options: BenchProcessOptions): Promise<BenchProcess> {
  const spawned = await spawnProcess({
    name: options.role,
    command: process.execPath,
    args: [...process.execArgv, fileURLToPath(options.entry)],
    env: { ...options.env },
    readyWhen: /^ready/,
  });
  let asked = 0;
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (): Promise<ProcessUsage> => {
    const prefix = `usage ${++asked} `;
    try {
      process.kill(spawned.pid, "SIGUSR2");
    } catch (error) {
      const lines = spawned.lines.slice(-20).join("\n");
      throw new Error(`${options.role} is gone\n${lines}`, { cause: error });
    }
    const line = await spawned.waitForLine((text) => text.startsWith(prefix));
    return JSON.parse(line.slice(prefix.length)) as ProcessUsage;
  };
  return Object.assign(spawned, {
    role: options.role,
    // One after the other: two signals that wait to be handled are one to the kernel.
    usage: () => {
      const usage = last.then(ask, ask);
      last = usage;
      return usage;
    },
  });
}

/** Resolves when what was left behind is done: each process used less than a tenth of a core for a while. */
export async function untilIdle(processes: readonly BenchProcess[]): Promise<void> {
  const cpuMs = () => Promise.all(processes.map(async (each) => (await each.usage()).cpuMs));
  let before = await cpuMs();
  let beforeAt = performance.now();
  await waitFor(
    async () => {
      const after = await cpuMs();
      const elapsedMs = performance.now() - beforeAt;
      if (elapsedMs < 90) return false;
      const isIdle = after.every((used, index) => used - (before[index] ?? 0) < elapsedMs / 10);
      before = after;
      beforeAt = performance.now();
      return isIdle;
    },
    {
      description: `${processes.map(({ role }) => role).join(", ")} idle`,
      timeoutMs: 120_000,
      intervalMs: 100,
    },
  );
}
