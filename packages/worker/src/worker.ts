import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { ActivityStore, QueueStore, TaskQueue } from "@heddle/core";
import { InvalidArgumentError, ShutDownError } from "@heddle/protocol";
import { LOG_EVENTS, type Logger } from "@heddle/telemetry";
import type { ActivityMap, AnyActivity } from "@heddle/workflow";
import { ActivityRegistry } from "./activity-registry.js";
import type { AttemptSurroundings } from "./attempt.js";
import { drain } from "./drain.js";
import { Heartbeats } from "./heartbeats.js";
import type { Observe } from "./observation.js";
import { Presence } from "./presence.js";
import { ServedQueue } from "./served-queue.js";
import { UnknownActivities } from "./unknown-activities.js";
import { Watchdog } from "./watchdog.js";

export interface WorkerOptions {
  readonly store: ActivityStore & Pick<QueueStore, "announceWorker" | "withdrawWorker">;
  readonly taskQueue: TaskQueue;
  /** As a workflow names them, or as a list; known to tickets by the name of the definition. */
  readonly activities: ActivityMap | readonly AnyActivity[];
  /** Default: the queues that the activities name. */
  readonly queues?: readonly string[];
  /** Attempts at once, per queue. Default 100. */
  readonly concurrency?: number;
  /** After this silence the engine gives an attempt to another worker. Default 4 s; four heartbeats fit in. */
  readonly livenessMs?: number;
  /** How long tickets may wait beside free slots before a consumer is built anew. Default 15 s. */
  readonly watchdogMs?: number;
  /** How long code may ignore its abort signal before its slot is taken back. Default 30 s. */
  readonly abandonMs?: number;
  readonly log: Logger;
  /** For tests that kill the process at a given point. */
  readonly observe?: Observe;
}

export interface WorkerDescription {
  /** Host, process and a random part: differs for every worker. */
  readonly identity: string;
  readonly state: "new" | "running" | "draining" | "closed";
  readonly activities: readonly string[];
  readonly queues: readonly {
    readonly queue: string;
    readonly running: number;
    readonly freeSlots: number;
  }[];
  readonly running: readonly {
    readonly workflowId: string;
    readonly runId: string;
    readonly seq: number;
    readonly attempt: number;
    readonly activity?: string;
    readonly startedAtMs: number;
  }[];
  /** Last moment at which no queue had tickets that this worker should have fetched and did not. Epoch ms. */
  readonly lastProgressAtMs: number;
  readonly consumerRestarts: number;
}

/** How long aborted code may take to end while draining, before its attempt is given back over its head. */
const DRAIN_ABANDON_MS = 1_000;

/** Throws `InvalidArgumentError` for bad options. Nothing happens before `start`. */
export function createWorker(options: WorkerOptions): Worker {
  return new Worker(options);
}

/** Runs activities: pulls tickets, claims attempts, runs their code, says that they live, settles them. */
export class Worker {
  /** Resolves when every queue is being fetched from; waits as long as Redis is away. */
  readonly ready: Promise<void>;
  readonly #options: WorkerOptions;
  readonly #registry: ActivityRegistry;
  readonly #queueNames: readonly string[];
  readonly #identity = `${hostname()}:${process.pid}:${randomBytes(6).toString("base64url")}`;
  #becameReady: () => void = () => undefined;
  #state: WorkerDescription["state"] = "new";
  #parts:
    | { queues: readonly ServedQueue[]; heartbeats: Heartbeats; watchdog: Watchdog; presence: Presence }
    | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#registry = new ActivityRegistry(options.activities);
    this.#queueNames = [...new Set(options.queues ?? this.#registry.queues)];
    if (this.#queueNames.length === 0) {
      throw new InvalidArgumentError("queues is empty; name at least one", { details: { field: "queues" } });
    }
    for (const field of ["concurrency", "livenessMs", "watchdogMs", "abandonMs"] as const) {
      assertPositive(field, options[field]);
    }
    this.ready = new Promise((resolve) => (this.#becameReady = resolve));
  }

  /** Begins to fetch; `ready` tells when. Throws `ShutDownError` when the worker was started or ended before. */
  start(): void {
    if (this.#state !== "new") throw new ShutDownError(`the worker is ${this.#state}; create another one`);
    this.#state = "running";
    const {
      store,
      taskQueue,
      log,
      livenessMs = 4_000,
      concurrency = 100,
      watchdogMs = 15_000,
    } = this.#options;
    const heartbeats = new Heartbeats({ store, livenessMs, log });
    const around: AttemptSurroundings = {
      store,
      livenessMs,
      heartbeats,
      log,
      registry: this.#registry,
      unknownActivities: new UnknownActivities(),
      worker: this.#identity,
      abandonMs: this.#options.abandonMs ?? 30_000,
      drainAbandonMs: DRAIN_ABANDON_MS,
      observe: this.#options.observe ?? (() => undefined),
    };
    const queues = this.#queueNames.map(
      (queue) => new ServedQueue({ queue, taskQueue, concurrency, around }),
    );
    const watchdog = new Watchdog({ queues, watchdogMs, log });
    const presence = new Presence({ store, workerId: this.#identity, host: hostname(), queues, log });
    this.#parts = { queues, heartbeats, watchdog, presence };
    void Promise.all(queues.map((served) => served.consumer.ready)).then(() => {
      log.info({ worker: this.#identity, queues: this.#queueNames }, LOG_EVENTS.workerReady);
      this.#becameReady();
    });
  }

  /**
   * Stops fetching, lets running attempts end for `graceMs`, then aborts them and gives them back without counting
   * them. Ends within about 12 s after the grace, also without Redis. Repeating it returns the first call's end.
   */
  drain(options: { graceMs: number }): Promise<void> {
    this.#ending ??= this.#end(options.graceMs);
    return this.#ending;
  }

  /** Drains without grace. */
  close(): Promise<void> {
    return this.drain({ graceMs: 0 });
  }

  describe(): WorkerDescription {
    const queues = this.#parts?.queues ?? [];
    return {
      identity: this.#identity,
      state: this.#state,
      activities: this.#registry.names,
      queues: queues.map(({ queue, running, freeSlots }) => ({ queue, running: running.length, freeSlots })),
      running: queues.flatMap(({ running }) =>
        running.map(({ ids, startedAtMs }) => ({ ...ids, startedAtMs })),
      ),
      lastProgressAtMs: this.#parts?.watchdog.lastProgressAtMs ?? Date.now(),
      consumerRestarts: this.#parts?.watchdog.restarts ?? 0,
    };
  }

  async #end(graceMs: number): Promise<void> {
    const parts = this.#parts;
    this.#state = "draining";
    if (parts !== undefined) {
      const { log } = this.#options;
      log.info({ worker: this.#identity, graceMs }, LOG_EVENTS.workerDraining);
      parts.watchdog.stop();
      const withdrawn = parts.presence.withdraw();
      await drain(parts.queues, { graceMs, drainAbandonMs: DRAIN_ABANDON_MS });
      await Promise.all([withdrawn, ...parts.queues.map((served) => served.consumer.close())]);
      parts.heartbeats.stop();
      log.info({ worker: this.#identity }, LOG_EVENTS.workerStopped);
    }
    this.#state = "closed";
  }
}

function assertPositive(field: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return;
  throw new InvalidArgumentError(`${field} is ${value}; it must be a whole number from 1`, {
    details: { field },
  });
}
