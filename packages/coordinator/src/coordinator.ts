import { Machine, type QueryReply } from "@heddle/core";
import { LeaseKeeper } from "./lease-keeper.js";
import { LimitKeeper } from "./limit-keeper.js";
import { type CoordinatorOptions, DEFAULT_SETTINGS, type CoordinatorSettings } from "./options.js";
import { OutboxRelay } from "./outbox-relay.js";
import type { OwnerSurroundings } from "./owner-surroundings.js";
import { PartitionOwner } from "./partition-owner.js";
import { OffloadedValueCache } from "./offloaded-value-cache.js";
import { Reconciler } from "./reconciler.js";
import { RunCache } from "./run-cache.js";

/** One coordinator: owns a share of the partitions and runs the workflows in them. */
export interface Coordinator {
  readonly coordinatorId: string;
  /** Partitions owned now. */
  readonly partitions: readonly number[];
  /** The registry has more workflow code than before: runs that waited for it go on. */
  workflowsAdded(): void;
  /** No code runs, no inline step is under way, no schedule is worked on, nothing is to be committed. */
  readonly isAtRest: boolean;
  /** For tests: loses what is not committed and owns its partitions anew, as after a kill and a restart. */
  crash(): Promise<void>;
  /** Commits what is in memory, gives the partitions to others and stops. */
  stop(): Promise<void>;
}

/** Starts a coordinator; resolves when it owns its first share. */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const settings: CoordinatorSettings = { ...DEFAULT_SETTINGS, ...options.settings };
  const { store, log, registry, ids } = options;
  const coordinatorId = options.coordinatorId ?? ids.randomId();
  const relay = new OutboxRelay(store, options.taskQueue, log, options.observe);
  const around: OwnerSurroundings = {
    store,
    registry,
    cache: new RunCache(settings.cachedRuns),
    values: new OffloadedValueCache(settings.cachedOffloadedBytes),
    relay,
    settings,
    log,
    observe: options.observe,
    newToken: () => ids.randomId(),
    random: Math.random,
    createMachine: (workflow, identity) =>
      new Machine({
        workflow,
        workflowId: identity.workflowId,
        runId: identity.runId,
        maxPayloadBytes: settings.maxPayloadBytes,
        offloadLimits: settings,
        activityDefaults: options.activityDefaults ?? (() => undefined),
        log,
      }),
  };
  const keeper = new LeaseKeeper({
    store,
    coordinatorId,
    settings,
    log,
    own: (lease) => {
      options.observe?.("coordinator.acquired", { partition: lease.partition, count: 1 });
      return new PartitionOwner(lease, around);
    },
  });
  const limits = new LimitKeeper(store, options.taskQueue, log);
  const listening = await store.listen(coordinatorId, {
    wake: (partition) => keeper.ownerOf(partition)?.wake(),
    coordinatorLeft: () => keeper.lookNow(),
    query: (request) => answerQuery(keeper, store.partitionOf(request.workflowId), request),
    limitHasRoom: (key) => limits.hasRoom(key),
    reconnected: () => {
      for (const owner of keeper.owned) owner.wake();
    },
  });
  await keeper.start();
  const reconciler = new Reconciler({ store, keeper, relay, log, everyMs: settings.reconcileEveryMs });
  reconciler.start();
  limits.start();
  return {
    coordinatorId,
    get partitions() {
      return keeper.owned.map((owner) => owner.lease.partition);
    },
    get isAtRest() {
      return around.cache.isIdle && keeper.owned.every((owner) => owner.schedulesAtRest);
    },
    crash: () => keeper.crash(),
    workflowsAdded: () => {
      for (const owner of keeper.owned) owner.workflowsAdded();
    },
    stop: async () => {
      await reconciler.stop();
      await limits.stop();
      await keeper.stop();
      await relay.flushed();
      relay.stop();
      await listening.stop();
    },
  };
}

function answerQuery(
  keeper: LeaseKeeper,
  partition: number,
  request: { workflowId: string; name: string; input: Uint8Array },
): Promise<QueryReply> {
  const owner = keeper.ownerOf(partition);
  // No answer: the caller finds the new owner when it asks again.
  return owner === undefined ? Promise.reject(new Error("not the owner")) : owner.query(request);
}
