// Real processes of one namespace, with what they leave as evidence.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WorkflowClient } from "@heddle/core";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { randomNamespace, spawnProcess, type ProcessExit, type SpawnedProcess } from "@heddle/testkit";
import { Redis } from "ioredis";
import { readLines, type Effect } from "../processes/effects-ledger.js";
import type { JournalledCommit } from "../processes/commit-journal.js";
import { ClientJournal } from "./client-journal.js";
import { executedInVain, untilAtRest, violations } from "./invariants.js";
import { readNamespace } from "./namespace-contents.js";

export type Part = "coordinator" | "worker" | "gateway" | "event-worker";

const ENTRIES: Record<Part, string> = {
  coordinator: fileURLToPath(new URL("../processes/coordinator.ts", import.meta.url)),
  worker: fileURLToPath(new URL("../processes/worker.ts", import.meta.url)),
  gateway: fileURLToPath(new URL("../processes/gateway.ts", import.meta.url)),
  "event-worker": fileURLToPath(new URL("../processes/event-worker.ts", import.meta.url)),
};

export interface PartOptions {
  /** Point at which the process signals itself, at the `on`-th time. Default: SIGKILL at the first. */
  readonly breakAt?: string;
  readonly breakOn?: number;
  readonly breakBy?: "SIGKILL" | "SIGSTOP";
  /** More settings of the process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface FleetOptions {
  readonly url: string;
  /** Settings of all its processes. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Fleet {
  readonly namespace: string;
  readonly journal = new ClientJournal();
  /** Processes that a test killed, paused or told to break. */
  readonly faulty = new Set<number>();
  /** Looks at Redis from outside. */
  readonly redis: Redis;
  readonly client: WorkflowClient;
  readonly #processes = new Set<SpawnedProcess>();

  private constructor(
    private readonly options: FleetOptions,
    private readonly folder: string,
    private readonly store: Awaited<ReturnType<typeof createRedisStore>>,
    namespace: string,
  ) {
    this.namespace = namespace;
    this.redis = new Redis(options.url);
    this.redis.on("error", () => undefined); // some tests kill the server
    this.client = newClient(store);
  }

  static async open(options: FleetOptions): Promise<Fleet> {
    const namespace = randomNamespace("kill");
    const folder = await mkdtemp(join(tmpdir(), "heddle-fleet-"));
    const partitions = Number(options.env?.["PARTITIONS"] ?? 4);
    const store = await createRedisStore({ connection: { url: options.url }, namespace, partitions });
    return new Fleet(options, folder, store, namespace);
  }

  /** Resolves when the process is ready; one that breaks while it starts is returned as well. */
  async start(part: Part, options: PartOptions = {}): Promise<SpawnedProcess> {
    const started = await spawnProcess({
      name: part,
      entry: ENTRIES[part],
      env: {
        REDIS_URL: this.options.url,
        HEDDLE_NAMESPACE: this.namespace,
        EFFECTS_FILE: this.#effectsFile,
        JOURNAL_FILE: join(this.folder, "commits.jsonl"),
        BREAK_AT: options.breakAt,
        BREAK_ON: String(options.breakOn ?? 1),
        BREAK_BY: options.breakBy,
        ...this.options.env,
        ...options.env,
      },
      readyWhen: /^(?:coordinator|worker|gateway) ready|^breaking at/,
    });
    this.#processes.add(started);
    if (options.breakAt !== undefined) this.faulty.add(started.pid);
    return started;
  }

  async kill(process: SpawnedProcess): Promise<ProcessExit> {
    this.faulty.add(process.pid);
    return process.kill();
  }

  pause(process: SpawnedProcess): void {
    this.faulty.add(process.pid);
    process.pause();
  }

  effects(): Effect[] {
    return readLines<Effect>(this.#effectsFile);
  }

  commits(): JournalledCommit[] {
    return readLines<JournalledCommit>(join(this.folder, "commits.jsonl"));
  }

  /** Waits until nothing is left to do and returns what is wrong then. */
  async verdict(options: { timeoutMs?: number; anyMayRepeat?: boolean } = {}): Promise<string[]> {
    const { redis, namespace, journal } = this;
    await untilAtRest(redis, namespace, options.timeoutMs ?? 15_000);
    const died = [...this.#processes].filter(({ pid }) => !this.faulty.has(pid) && !isAlive(pid));
    return [
      ...died.map((process) => `${process.name} ${process.pid} died: ${process.lines.slice(-5).join("\n")}`),
      ...(await violations({
        ...{ redis, namespace, journal, effects: this.effects(), commits: this.commits() },
        faulty: options.anyMayRepeat === true ? "any" : this.faulty,
      })),
    ];
  }

  async executedInVain(): Promise<number> {
    return executedInVain(await readNamespace(this.redis, this.namespace), this.effects());
  }

  /** SIGTERM, and the process counts as gone. */
  async stop(process: SpawnedProcess): Promise<ProcessExit> {
    this.#processes.delete(process);
    return process.stop();
  }

  get processes(): readonly SpawnedProcess[] {
    return [...this.#processes];
  }

  /** Ends everything. Processes that broke may be gone already. */
  async close(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.kill()));
    this.redis.disconnect();
    await this.store.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  get #effectsFile(): string {
    return join(this.folder, "effects.jsonl");
  }
}

function newClient(store: Awaited<ReturnType<typeof createRedisStore>>): WorkflowClient {
  return new WorkflowClient(store, randomIdSource, { maxPayloadBytes: 1024 * 1024 });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
