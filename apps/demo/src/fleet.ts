import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort } from "@heddle/embedded-redis";
import { startLoggedProcess, type LoggedProcess } from "./logged-process.js";

const COORDINATORS = 2;
const WORKERS = 2;

export interface FleetOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  readonly leaseTtlMs: number;
  /** 0 takes a free one. */
  readonly gatewayPort: number;
  /** Emptied first. */
  readonly logFolder: string;
  /** Where the example activities note what they did. */
  readonly effectsFile?: string;
  /** How long the processes may drain, also when this one is gone without a word. */
  readonly drainSeconds: number;
}

export interface CoordinatorProcess extends LoggedProcess {
  /** Serves `/readyz`, which tells the partitions that it owns. */
  readonly healthUrl: string;
}

/** Two coordinators, two workers and a gateway, as separate processes on one Redis. */
export class Fleet {
  readonly coordinators: CoordinatorProcess[] = [];
  readonly workers: LoggedProcess[] = [];
  gateway: LoggedProcess | undefined;
  readonly #options: FleetOptions;

  private constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Resolves when all are ready; ends those that run when one is not. */
  static async start(options: FleetOptions): Promise<Fleet> {
    await rm(options.logFolder, { recursive: true, force: true });
    await mkdir(options.logFolder, { recursive: true });
    const fleet = new Fleet(options);
    const starting = [
      ...numbered(COORDINATORS).map(async (n) => fleet.coordinators.push(await fleet.startCoordinator(n))),
      ...numbered(WORKERS).map(async (n) => fleet.workers.push(await fleet.startWorker(n))),
      fleet.startGateway().then((gateway) => (fleet.gateway = gateway)),
    ];
    const failed = (await Promise.allSettled(starting)).find((each) => each.status === "rejected");
    if (failed !== undefined) {
      await fleet.stop();
      throw failed.reason;
    }
    fleet.coordinators.sort(byName);
    fleet.workers.sort(byName);
    return fleet;
  }

  get processes(): readonly LoggedProcess[] {
    return [...(this.gateway === undefined ? [] : [this.gateway]), ...this.workers, ...this.coordinators];
  }

  get url(): string {
    return String(this.gateway?.ready["url"]);
  }

  /** Lets every process drain: first who accepts, then who works, then who decides. */
  async stop(): Promise<void> {
    const deadlineMs = this.#options.drainSeconds * 1_000;
    const stopAll = (processes: readonly LoggedProcess[]) =>
      Promise.all(processes.map((each) => each.stop(deadlineMs)));
    await stopAll(this.gateway === undefined ? [] : [this.gateway]);
    await stopAll(this.workers);
    await stopAll(this.coordinators);
  }

  private async startCoordinator(n: number): Promise<CoordinatorProcess> {
    const port = await findFreePort();
    const started = await this.start("coordinator", `coordinator-${n}`, {
      HEDDLE_WORKFLOWS: "@heddle/examples",
      HEDDLE_LEASE_TTL_MS: String(this.#options.leaseTtlMs),
      HEDDLE_HEALTH_PORT: String(port),
    });
    return { ...started, healthUrl: `http://127.0.0.1:${port}` };
  }

  private startWorker(n: number): Promise<LoggedProcess> {
    const { effectsFile } = this.#options;
    return this.start("worker", `worker-${n}`, {
      HEDDLE_ACTIVITIES: "@heddle/examples",
      ...(effectsFile === undefined ? {} : { EXAMPLE_EFFECTS_FILE: effectsFile }),
    });
  }

  private startGateway(): Promise<LoggedProcess> {
    return this.start("gateway", "gateway", { HEDDLE_PORT: String(this.#options.gatewayPort) });
  }

  private start(
    app: "coordinator" | "worker" | "gateway",
    name: string,
    env: Readonly<Record<string, string>>,
  ): Promise<LoggedProcess> {
    const { redisUrl, namespace, logFolder, drainSeconds } = this.#options;
    return startLoggedProcess({
      name,
      entry: fileURLToPath(new URL(`../../${app}/dist/main.js`, import.meta.url)),
      env: { REDIS_URL: redisUrl, HEDDLE_NAMESPACE: namespace, ...env },
      logFile: join(logFolder, `${name}.log`),
      readyMessage: `${app} ready`,
      graceSeconds: drainSeconds,
    });
  }
}

function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function byName(left: LoggedProcess, right: LoggedProcess): number {
  return left.name.localeCompare(right.name);
}
