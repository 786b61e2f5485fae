import { startCoordinator, type Coordinator, type WorkflowRegistry } from "@heddle/coordinator";
import { type ActivityDefaults, type IdSource, QueueClient, WorkflowClient } from "@heddle/core";
import { resolveRedisUrl } from "@heddle/embedded-redis";
import { MAX_PAYLOAD_BYTES, type RedisConnectionOptions } from "@heddle/protocol";
import { createRedisStore, randomIdSource, type RedisStore } from "@heddle/redis-store";
import { createTaskQueue } from "@heddle/task-queue";
import { messageFirstLog, type Logger } from "@heddle/telemetry";
import { createWorker, type Worker, type WorkerOptions } from "@heddle/worker";
import type { AnyActivity } from "@heddle/workflow";
import type { EngineOptions } from "./engine-options.js";
import type { Role } from "./roles.js";
import type { WorkflowCollection } from "./workflow-types.js";

/** The running parts of an engine. */
export interface EngineRuntime {
  readonly store: RedisStore;
  readonly client: WorkflowClient;
  readonly queues: QueueClient;
  readonly coordinator: Coordinator | undefined;
  readonly worker: Worker | undefined;
  stop(): Promise<void>;
}

/** What a test may replace; a deployed engine replaces nothing. */
export interface RuntimeChanges {
  readonly virtualTime?: { readonly startAtMs?: number | undefined };
  readonly ids?: IdSource;
  readonly workerOptions?: (store: RedisStore) => Pick<WorkerOptions, "store" | "livenessMs">;
}

export interface RuntimeParts {
  readonly options: EngineOptions<WorkflowCollection>;
  readonly roles: ReadonlySet<Role>;
  readonly registry: WorkflowRegistry;
  readonly activities: ReadonlyMap<string, AnyActivity>;
  readonly log: Logger;
}

/** Starts what the roles ask for: Redis if none is given, then store, coordinator, worker. What was started is ended when a later part fails. */
export async function startRuntime(
  parts: RuntimeParts,
  changes: RuntimeChanges = {},
): Promise<EngineRuntime> {
  const { options, roles, registry, activities, log } = parts;
  const endings: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    const connection = await findRedis(options, log, endings);
    const names = {
      namespace: options.namespace ?? "default",
      ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    };
    const { partitions, codec } = options;
    const { virtualTime } = changes;
    const store = await createRedisStore({ connection, ...names, partitions, codec, virtualTime });
    endings.push(() => store.close());
    if (!store.server.appendOnly) {
      log.warn("Redis keeps no append-only file: a crash of Redis loses accepted work; set appendonly yes");
    }
    if (store.server.isExposed) {
      log.warn(
        "Redis is reached over the network and asks for no password: whoever reaches it owns all workflows",
      );
    }
    const maxPayloadBytes = options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES;
    const client = new WorkflowClient(store, changes.ids ?? randomIdSource, { maxPayloadBytes });
    const taskQueue = createTaskQueue({ connection, ...names, log });
    endings.push(() => taskQueue.close());
    const queues = new QueueClient(store, taskQueue);

    let worker: Worker | undefined;
    if (roles.has("worker")) {
      const started = createWorker({
        store,
        taskQueue,
        activities: [...activities.values()],
        log,
        ...(options.queues === undefined ? {} : { queues: options.queues }),
        ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
        ...changes.workerOptions?.(store),
      });
      started.start();
      endings.push(() => started.drain({ graceMs: options.drainMs ?? 10_000 }));
      await started.ready;
      worker = started;
    }

    let coordinator: Coordinator | undefined;
    if (roles.has("coordinator")) {
      const started = await startCoordinator({
        store,
        taskQueue,
        registry,
        ids: randomIdSource,
        log: messageFirstLog(log),
        activityDefaults: (name): ActivityDefaults | undefined => activities.get(name),
        settings: { maxPayloadBytes, ...options.coordinator },
        ...(options.observe === undefined ? {} : { observe: options.observe }),
      });
      endings.push(() => started.stop());
      coordinator = started;
    }
    return { store, client, queues, coordinator, worker, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function findRedis(
  options: EngineOptions<WorkflowCollection>,
  log: Logger,
  endings: (() => Promise<unknown>)[],
): Promise<RedisConnectionOptions> {
  if (options.redis !== undefined) return options.redis;
  const resolved = await resolveRedisUrl({
    announce: (message) => log.info(message),
    ...(options.url === undefined ? {} : { url: options.url }),
  });
  endings.push(() => resolved.stop());
  return { url: resolved.url };
}
