import { setTimeout as delay } from "node:timers/promises";
import type { CoordinatorSettings } from "@heddle/coordinator";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { Engine } from "heddle";
import { readNamespace } from "../../../support/namespace-contents.js";
import { spawnBenchProcess, type BenchProcess } from "../../bench-process.js";
import type { MemoryUsage } from "./memory-usage.js";
import type { PartSettings } from "./part-process.js";
import type { RedisServers } from "./redis-servers.js";

type PartRole = "coordinator" | "worker";

export interface InstallationOptions {
  readonly servers: RedisServers;
  /** How many of each. Default: one coordinator and no worker. */
  readonly parts?: Partial<Record<PartRole, number>>;
  readonly coordinator?: Partial<CoordinatorSettings>;
  readonly retentionMs?: number;
  /** What its processes can be asked for, see `PartSettings`. Default: their memory. */
  readonly answers?: PartSettings["answers"];
  /** Whether its processes execute definitions of Conductor. Default: no. */
  readonly executesDefinitions?: boolean;
}

/** CPU time so far, of all processes of a role together; the client is this process. */
export type CpuMs = Readonly<Record<PartRole | "client" | "redis", number>>;

/** A namespace of its own: coordinators and workers as processes, the caller in this one. */
export class Installation {
  private readonly running = new Set<BenchProcess>();
  private readonly memoryReports = new Map<BenchProcess, number>();
  private failed: (error: Error) => void = () => undefined;
  /** Rejects when a part ends that nobody told to. */
  private readonly failure = new Promise<never>((_resolve, reject) => (this.failed = reject));

  private constructor(
    private readonly options: InstallationOptions,
    readonly namespace: string,
    readonly client: Engine,
  ) {
    // Whoever waits for the work hears of it, and otherwise nobody has to.
    this.failure.catch(() => undefined);
  }

  /** Starts the parts, runs the work and ends them, also when the work fails or one of them ends by itself. */
  static async during<Result>(
    options: InstallationOptions,
    work: (installation: Installation) => Promise<Result>,
  ): Promise<Result> {
    const namespace = randomNamespace("bench");
    const redis = options.servers.connection;
    const client = await Engine.create({ redis, namespace, roles: ["client"] });
    const installation = new Installation(options, namespace, client);
    const { coordinator = 1, worker = 0 } = options.parts ?? {};
    try {
      await Promise.all([
        ...Array.from({ length: coordinator }, () => installation.start("coordinator")),
        ...Array.from({ length: worker }, () => installation.start("worker")),
      ]);
      if (coordinator > 1) await installation.untilShared(coordinator);
      const result = await Promise.race([work(installation), installation.failure]);
      for (const part of installation.parts) await installation.stop(part);
      return result;
    } finally {
      await client.shutdown();
      await Promise.all(installation.parts.map((part) => installation.kill(part)));
    }
  }

  get servers(): RedisServers {
    return this.options.servers;
  }

  /** Those that run now, coordinators before workers. */
  get parts(): readonly BenchProcess[] {
    return [...this.running].sort((left, right) => left.role.localeCompare(right.role));
  }

  /** The one process of that role. */
  part(role: PartRole): BenchProcess {
    const [found, other] = this.parts.filter((part) => part.role === role);
    if (found === undefined || other !== undefined) throw new Error(`there is not exactly one ${role}`);
    return found;
  }

  /** Resolves when it is ready. `coordinator` settings come on top of the installation's. */
  async start(role: PartRole, coordinator: Partial<CoordinatorSettings> = {}): Promise<BenchProcess> {
    const { servers, retentionMs, answers = "memory", executesDefinitions } = this.options;
    const settings: PartSettings = {
      options: {
        ...{ redis: servers.connection, namespace: this.namespace, roles: [role] },
        coordinator: { ...this.options.coordinator, ...coordinator },
      },
      ...{ retentionMs, answers, executesDefinitions },
    };
    const part = await spawnBenchProcess({
      role,
      entry: new URL("./part-process.ts", import.meta.url),
      env: { BENCH_PART: JSON.stringify(settings) },
    });
    this.running.add(part);
    void part.exited.then(() => {
      if (!this.running.has(part)) return;
      this.failed(new Error(`the ${role} ended by itself\n${part.lines.slice(-20).join("\n")}`));
    });
    return part;
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(part: BenchProcess): Promise<void> {
    this.running.delete(part);
    await part.kill();
  }

  /** SIGTERM; resolves when it has handed everything over and is gone. */
  async stop(part: BenchProcess): Promise<void> {
    this.running.delete(part);
    await part.stop();
  }

  /** Of an installation whose parts answer with their memory. One question per part at a time. */
  async memoryOf(part: BenchProcess): Promise<MemoryUsage> {
    const nth = (this.memoryReports.get(part) ?? 0) + 1;
    this.memoryReports.set(part, nth);
    const report = `memory ${nth} `;
    process.kill(part.pid, "SIGUSR2");
    const line = await part.waitForLine((printed) => printed.startsWith(report));
    return JSON.parse(line.slice(report.length)) as MemoryUsage;
  }

  /** The same as soon as it has stopped to fall: what was under way leaves things behind for a second or two. */
  async settledMemoryOf(part: BenchProcess): Promise<MemoryUsage> {
    for (let before = await this.memoryOf(part); ;) {
      await delay(1_000);
      const after = await this.memoryOf(part);
      if (after.heapBytes > before.heapBytes * 0.995) return after;
      before = after;
    }
  }

  /** Of an installation whose parts answer with their usage. */
  async cpuMs(): Promise<CpuMs> {
    const sums = { coordinator: 0, worker: 0 };
    for (const role of ["coordinator", "worker"] as const) {
      const parts = this.parts.filter((part) => part.role === role);
      for (const { cpuMs } of await Promise.all(parts.map((part) => part.usage()))) sums[role] += cpuMs;
    }
    const { user, system } = process.cpuUsage();
    const { cpuMs: redis } = await this.servers.figures();
    return { ...sums, client: (user + system) / 1_000, redis };
  }

  /** Starts runs and resolves when each of them has had its first turn. */
  async startAndSettle(
    count: number,
    runAt: (index: number) => { readonly type: string; readonly input: unknown; readonly id: string },
  ): Promise<void> {
    const batch = 500;
    for (let from = 0; from < count; from += batch) {
      const indexes = Array.from({ length: Math.min(batch, count - from) }, (_, offset) => from + offset);
      await Promise.all(
        indexes.map((index) => {
          const { type, input, id } = runAt(index);
          return this.client.start(type, input, { id });
        }),
      );
    }
    await waitFor(async () => (await this.client.count({ status: "pending" })) === 0, {
      description: "every run has had its first turn",
      timeoutMs: 120_000,
      intervalMs: 50,
    });
  }

  /** All coordinators have equal shares of the partitions, as the leases on a single server say. */
  private async untilShared(coordinators: number): Promise<void> {
    const [redis] = this.servers.observers;
    if (redis === undefined) return;
    await waitFor(
      async () => {
        const { leases } = await readNamespace(redis, this.namespace);
        const shares = new Map<string, number>();
        for (const { owner } of leases.values()) {
          if (owner === undefined) return false;
          shares.set(owner, (shares.get(owner) ?? 0) + 1);
        }
        return shares.size === coordinators && new Set(shares.values()).size === 1;
      },
      { description: `${coordinators} coordinators have equal shares`, intervalMs: 50 },
    );
  }
}
