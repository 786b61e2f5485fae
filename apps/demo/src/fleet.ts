import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort } from "@heddle/embedded-redis";
import { startLoggedProcess, type LoggedProcess } from "./logged-process.js";

export interface FleetOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  readonly leaseTtlMs: number;
  readonly gatewayPort: number;
  /** Emptied first. */
  readonly logFolder: string;
  /** Where the example activities note what they did. */
  readonly effectsFile?: string;
  /** How long the processes may drain, also when this one is gone without a word. */
  readonly drainSeconds: number;
}

type App = "gateway" | "worker" | "coordinator";

interface Member {
  readonly app: App;
  readonly name: string;
  /** Serves the API, or `/livez` and `/readyz`. */
  readonly port: number;
}

export interface FleetProcess extends LoggedProcess {
  readonly app: App;
  readonly url: string;
}

/** Two coordinators, two workers and a gateway, as separate processes on one Redis. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #running = new Map<string, FleetProcess>();
  #isStopping = false;

  private constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Resolves when all are ready; ends those that run when one is not. */
  static async start(options: FleetOptions): Promise<Fleet> {
    await rm(options.logFolder, { recursive: true, force: true });
    await mkdir(options.logFolder, { recursive: true });
    const fleet = new Fleet(options);
    const members: Member[] = [
      { app: "gateway", name: "gateway", port: options.gatewayPort },
      { app: "worker", name: "worker-1", port: await findFreePort() },
      { app: "worker", name: "worker-2", port: await findFreePort() },
      { app: "coordinator", name: "coordinator-1", port: await findFreePort() },
      { app: "coordinator", name: "coordinator-2", port: await findFreePort() },
    ];
    const launches = await Promise.allSettled(members.map((member) => fleet.#launch(member)));
    const failed = launches.find((launch) => launch.status === "rejected");
    if (failed === undefined) return fleet;
    await fleet.stop();
    throw failed.reason;
  }

  /** What runs, or ran last under its name. */
  processes(app?: App): readonly FleetProcess[] {
    return [...this.#running.values()]
      .filter((each) => app === undefined || each.app === app)
      .sort((left, right) => left.name.localeCompare(right.name));
  }

  get url(): string {
    return this.#running.get("gateway")?.url ?? "";
  }

  /** From now on a process that ends is started again, under its name and on its port. */
  keepUp(tell: (news: string) => void): void {
    for (const each of this.#running.values()) this.#watch(each, tell);
  }

  /** Lets every process drain: first who accepts, then who works, then who decides. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const app of ["gateway", "worker", "coordinator"] as const) {
      await Promise.all(this.processes(app).map((each) => each.stop(this.#options.drainSeconds * 1_000)));
    }
  }

  #watch(watched: FleetProcess, tell: (news: string) => void): void {
    void watched.exited.then(async ({ code, signal }) => {
      if (this.#isStopping) return;
      tell(`${watched.name} (pid ${watched.pid}) ended with ${signal ?? `code ${String(code)}`}`);
      try {
        const successor = await this.#launch({ ...watched, port: Number(new URL(watched.url).port) });
        tell(`${successor.name} runs again as pid ${successor.pid}`);
        this.#watch(successor, tell);
      } catch (error) {
        tell(`${watched.name} stays down: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  }

  async #launch({ app, name, port }: Member): Promise<FleetProcess> {
    const { redisUrl, namespace, logFolder, drainSeconds } = this.#options;
    const started = await startLoggedProcess({
      name,
      entry: fileURLToPath(new URL(`../../${app}/dist/main.js`, import.meta.url)),
      env: { REDIS_URL: redisUrl, HEDDLE_NAMESPACE: namespace, ...this.#environmentOf(app, port) },
      logFile: join(logFolder, `${name}.log`),
      readyMessage: `${app} ready`,
      graceSeconds: drainSeconds,
    });
    const process: FleetProcess = { ...started, app, url: `http://127.0.0.1:${port}` };
    this.#running.set(name, process);
    return process;
  }

  #environmentOf(app: App, port: number): Readonly<Record<string, string>> {
    const { leaseTtlMs, effectsFile } = this.#options;
    switch (app) {
      case "gateway":
        // On this machine only, and for whoever is on it.
        return { HEDDLE_PORT: String(port), HEDDLE_DEV: "1" };
      case "worker":
        return {
          HEDDLE_ACTIVITIES: "@heddle/examples",
          HEDDLE_HEALTH_PORT: String(port),
          ...(effectsFile === undefined ? {} : { EXAMPLE_EFFECTS_FILE: effectsFile }),
        };
      case "coordinator":
        return {
          HEDDLE_WORKFLOWS: "@heddle/examples",
          HEDDLE_HEALTH_PORT: String(port),
          HEDDLE_LEASE_TTL_MS: String(leaseTtlMs),
        };
    }
  }
}
