import { randomBytes } from "node:crypto";
import {
  documentsWithCodec,
  withPayloadCodec,
  type AcceptingStore,
  type AccessStore,
  type ActivityStore,
  type DocumentStore,
  type LimitStore,
  type LogStore,
  type MessageTargets,
  type OwnerStore,
  type PollStore,
  type QueueStore,
  type ScheduleOwnerStore,
} from "@heddle/core";
import {
  assertNamespace,
  ConfigurationError,
  type PayloadCodec,
  type RedisConnectionOptions,
  verifiedTls,
} from "@heddle/protocol";
import { childClosed } from "./accepting/child-closed.js";
import { ClosedWaiters } from "./accepting/closed-waiters.js";
import { heartbeatOpenActivity } from "./accepting/heartbeat-open-activity.js";
import { Questions } from "./accepting/query.js";
import { openActivities } from "./accepting/open-activities.js";
import { requestCancel } from "./accepting/request-cancel.js";
import { setAttributes } from "./accepting/set-attributes.js";
import { setSuspended } from "./accepting/set-suspended.js";
import { settleOpenActivity } from "./accepting/settle-open-activity.js";
import { signal } from "./accepting/signal.js";
import { startOrSignal } from "./accepting/start-or-signal.js";
import { start } from "./accepting/start.js";
import { terminate } from "./accepting/terminate.js";
import { accessStore } from "./access/access-store.js";
import { claimActivity } from "./activities/claim-activity.js";
import { handOverActivity } from "./activities/hand-over-activity.js";
import { heartbeat } from "./activities/heartbeat.js";
import { settleActivity } from "./activities/settle-activity.js";
import { UpdateWaiters } from "./accepting/update-waiters.js";
import { documentStore } from "./documents/document-store.js";
import { deadLetterStore } from "./ingestion/dead-letter-store.js";
import { connectRedis, connectSubscriber } from "./connection.js";
import { ConnectionWatch } from "./connection-failure.js";
import { namespaceKeys, workflowIdOfKey } from "./keys.js";
import { advanceActivities, readActivities } from "./owning/advance-activity.js";
import { announceCoordinator, withdrawCoordinator } from "./owning/announce-coordinator.js";
import { clearClosedRun } from "./owning/clear-closed-run.js";
import { commitTurns } from "./owning/commit-turns.js";
import { acquireLease, releaseLease, renewLease } from "./owning/lease.js";
import { listen } from "./owning/listen.js";
import { loadRun } from "./owning/load-run.js";
import { heldRuns, openRuns } from "./owning/open-runs.js";
import { messageDone, readMessages } from "./owning/messages.js";
import { readOutbox, relayDone } from "./owning/outbox.js";
import { readOffloaded } from "./owning/read-offloaded.js";
import { discardEntries, entriesPresent, readInbox } from "./owning/read-inbox.js";
import { beginDelayedRuns, timeOutRuns } from "./owning/run-times.js";
import { dueTimers, fireTimers, purgeRuns } from "./owning/timers.js";
import { freeEndedSlots, limitsDue, offerTickets } from "./limits/limits.js";
import { announceWorker, liveWorkers, withdrawWorker } from "./queues/queue-workers.js";
import { isQueueKnown, noteQueue, queueNames } from "./queues/used-queues.js";
import { ChangeFeed } from "./live/change-feed.js";
import { awaitHistory, readHistory } from "./live/read-history.js";
import { describeRun } from "./reading/describe.js";
import { aggregate, count, list } from "./reading/list.js";
import { importRun } from "./repairing/import-run.js";
import { findMadeRun } from "./repairing/find-made-run.js";
import { removeRun } from "./repairing/remove-run.js";
import { resetRun } from "./repairing/reset-run.js";
import { RedisClock } from "./redis-clock.js";
import { advanceSchedule, isRunOpen, schedulesUnderWay, takeSchedule } from "./schedules/owned-schedules.js";
import {
  createSchedule,
  deleteSchedule,
  listSchedules,
  readSchedule,
  requestOfSchedule,
} from "./schedules/schedule-requests.js";
import { isExposed } from "./exposure.js";
import { askWithin } from "./redis-failure.js";
import { ScriptRunner } from "./script-runner.js";
import { appendLog, readLog } from "./logs/log-lines.js";
import { lastPollAtMs, notePoll, polledQueues, pollersOf } from "./queues/polls.js";
import { checkServer, type ServerReport, settlePartitions } from "./server-check.js";
import type { StoreContext, StoreLimits } from "./store-context.js";
import { Subscriptions } from "./subscriptions.js";
import { openVirtualClock } from "./virtual-time/virtual-clock.js";
import { type VirtualTime, virtualTimeOf } from "./virtual-time/virtual-time.js";

export interface RedisStoreOptions {
  readonly connection: RedisConnectionOptions;
  /** Tenant: own workflows, queues and keys. */
  readonly namespace: string;
  /** First part of every key. Default `heddle`. */
  readonly prefix?: string | undefined;
  /** Chosen once per namespace; later it must be the same or left out. Default 16. */
  readonly partitions?: number | undefined;
  /** How long one call may take before its outcome counts as unknown. Default 10 s. */
  readonly callTimeoutMs?: number | undefined;
  readonly limits?: Partial<StoreLimits> | undefined;
  /** Encodes what users send in and decodes what they get out. Default: neither. */
  readonly codec?: PayloadCodec | undefined;
  /** For tests, on one private server: the namespace has a clock of its own, see `VirtualTime`. */
  readonly virtualTime?: { readonly startAtMs?: number | undefined } | undefined;
}

/** All of Heddle's state in Redis, for callers, coordinators and workers. */
export interface RedisStore
  extends
    AcceptingStore,
    OwnerStore,
    ScheduleOwnerStore,
    ActivityStore,
    MessageTargets,
    QueueStore,
    LimitStore,
    PollStore,
    LogStore {
  readonly server: ServerReport;
  readonly namespace: string;
  readonly prefix: string;
  /** For gateways: API keys, rates and the audit log of the namespace. */
  readonly access: AccessStore;
  /** What is stored beside runs. */
  readonly documents: DocumentStore;
  readonly virtualTime: VirtualTime | undefined;
  /** Ends the connections; whoever still waits is told so. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: StoreLimits = {
  ...{ runInboxCap: 100_000, partitionInboxCap: 1_000_000 },
  ...{ searchCandidates: 5_000, scanWindow: 500 },
};

/**
 * Connects, checks the server and the namespace, and returns the store.
 * Throws `UnsafeRedisError`, `ConfigurationError`, `InvalidArgumentError`, or `UnavailableError` when no Redis answers.
 */
export async function createRedisStore(options: RedisStoreOptions): Promise<RedisStore> {
  const { connection, namespace, prefix = "heddle", partitions: wanted } = options;
  assertNamespace(namespace);
  assertNamespace(prefix);
  assertPartitions(wanted);
  const { callTimeoutMs = 10_000 } = options;
  const client = connectRedis(connection, `heddle-${namespace}`);
  const watch = new ConnectionWatch(client, verifiedTls(connection) !== undefined);
  try {
    const { server, partitions, clock } = await askWithin(callTimeoutMs, async () => ({
      server: { ...(await checkServer(client)), isExposed: isExposed(connection) },
      partitions: await settlePartitions(client, { prefix, namespace }, wanted),
      clock: await RedisClock.synchronise(client),
    }));
    const keys = namespaceKeys({ prefix, namespace, partitions });
    const virtualClock = await askWithin(callTimeoutMs, () =>
      openVirtualClock(client, keys.virtualTime, options),
    );
    const subscriber = connectSubscriber(connection, `heddle-${namespace}-subscriber`, client);
    subscriber.on("error", () => undefined); // messages can be lost anyway; whoever waits asks again
    const context: StoreContext = {
      client,
      ask: (question) => askWithin(callTimeoutMs, () => question(client)),
      scripts: new ScriptRunner(client, callTimeoutMs, virtualClock?.variantOf),
      keys,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      redisNowMs: () => (virtualClock ?? clock).nowMs(),
      synchroniseClock: () =>
        askWithin(callTimeoutMs, () => (virtualClock ?? clock).synchroniseAgain(client)),
      virtualClock,
    };
    const disconnect = (): void => {
      client.disconnect();
      subscriber.disconnect();
    };
    const subscriptions = new Subscriptions(subscriber);
    const store = assemble(context, subscriptions, { server, namespace, prefix, disconnect });
    if (options.codec === undefined) return store;
    const { codec } = options;
    const documents = documentsWithCodec(store.documents, codec, { namespace });
    return { ...withPayloadCodec(store, codec, { namespace }), documents };
  } catch (error) {
    client.disconnect();
    throw watch.explain(error);
  }
}

interface Surroundings {
  readonly server: ServerReport;
  readonly namespace: string;
  readonly prefix: string;
  disconnect(): void;
}

function assemble(context: StoreContext, subscriptions: Subscriptions, around: Surroundings): RedisStore {
  const clientId = randomBytes(8).toString("base64url");
  const waiters = new ClosedWaiters(context, subscriptions, clientId);
  const questions = new Questions(context, subscriptions, clientId);
  const updates = new UpdateWaiters(context, subscriptions, clientId);
  const feed = new ChangeFeed(context);
  return {
    server: around.server,
    namespace: around.namespace,
    prefix: around.prefix,
    access: accessStore(context, around.namespace),
    documents: documentStore(context),
    virtualTime: virtualTimeOf(context),
    timeStandsStill: context.virtualClock !== undefined,
    partitions: context.keys.partitions.length,
    partitionOf: (workflowId) => context.keys.partitionOf(workflowId).partition,
    close: () => {
      waiters.close();
      updates.close();
      feed.close();
      context.scripts.close();
      around.disconnect();
      return Promise.resolve();
    },

    start: (request) => start(context, request),
    startAndAwait: (request, { signal } = {}) =>
      waiters.startAndWait(request, (channel) => start(context, request, channel), signal),
    signal: (request) => signal(context, request),
    startOrSignal: (request) => startOrSignal(context, request),
    settleOpenActivity: (request) => settleOpenActivity(context, request),
    heartbeatOpenActivity: (activity, details) => heartbeatOpenActivity(context, activity, details),
    openActivities: (request) => openActivities(context, request),
    requestCancel: (request) => requestCancel(context, request),
    terminate: (request) => terminate(context, request),
    suspend: ({ workflowId }) => setSuspended(context, workflowId, true),
    resume: ({ workflowId }) => setSuspended(context, workflowId, false),
    describe: (workflowId) => describeRun(context, workflowId),
    history: async (workflowId) => (await loadRun(context, workflowId))?.records,
    readRun: (workflowId) => loadRun(context, workflowId),
    readHistory: (request) => readHistory(context, request),
    awaitHistory: (request, { signal } = {}) => awaitHistory(context, request, signal),
    openChanges: (after) => feed.open(after),
    list: (query) => list(context, query),
    count: (filter) => count(context, filter),
    aggregate: (filter, groupBy) => aggregate(context, filter, groupBy),
    setAttributes: (request) => setAttributes(context, request),
    awaitClosed: (request) => waiters.wait(request),
    query: (request) => questions.ask(request),
    update: (request, wait) => updates.request(request, wait),
    startWithUpdate: (request, wait) => updates.startWith(request, wait),
    awaitUpdate: (update, wait) => updates.wait(update, wait),
    createSchedule: (schedule) => createSchedule(context, schedule),
    readSchedule: (scheduleId) => readSchedule(context, scheduleId),
    requestOfSchedule: (request) => requestOfSchedule(context, request),
    deleteSchedule: (request) => deleteSchedule(context, request),
    listSchedules: (page) => listSchedules(context, page),
    isRunOpen: (run) => isRunOpen(context, run),
    ...deadLetterStore(context),
    workflowIdOfKey,
    ping: async () => {
      await context.ask((client) => client.ping());
    },

    findMadeRun: (run) => findMadeRun(context, run),
    resetRun: (request) => resetRun(context, request),
    importRun: (request) => importRun(context, request),
    removeRun: (seen) => removeRun(context, seen),

    claim: (request) => claimActivity(context, request),
    heartbeat: (request) => heartbeat(context, request),
    settle: (request) => settleActivity(context, request),
    handOver: (ticket) => handOverActivity(context, ticket),

    limitsDue: () => limitsDue(context),
    freeEndedSlots: (key) => freeEndedSlots(context, key),
    offerTickets: (key) => offerTickets(context, key),

    notePoll: (poll) => notePoll(context, poll),
    lastPollAtMs: (queue) => lastPollAtMs(context, queue),
    polledQueues: () => polledQueues(context),
    pollersOf: (queue) => pollersOf(context, queue),
    appendLog: (request) => appendLog(context, request),
    readLog: (logId) => readLog(context, logId),

    noteQueue: (queue) => noteQueue(context, queue),
    announceWorker: (announcement) => announceWorker(context, announcement),
    withdrawWorker: (worker) => withdrawWorker(context, worker),
    queueNames: () => queueNames(context),
    isQueueKnown: (queue) => isQueueKnown(context, queue),
    liveWorkers: (queue, options) => liveWorkers(context, queue, options),

    announceCoordinator: (request) => announceCoordinator(context, request),
    withdrawCoordinator: (coordinatorId) => withdrawCoordinator(context, coordinatorId),
    acquireLease: (request) => acquireLease(context, request),
    renewLease: (lease, ttlMs) => renewLease(context, lease, ttlMs),
    releaseLease: (lease) => releaseLease(context, lease),
    readInbox: (lease, page) => readInbox(context, lease, page),
    loadRuns: (_lease, ids) => Promise.all(ids.map((id) => loadRun(context, id))),
    readOffloaded: (_lease, request) => readOffloaded(context, request),
    commitTurns: (lease, turns, page) => commitTurns(context, lease, turns, page),
    entriesPresent: (lease, ids) => entriesPresent(context, lease, ids),
    discardEntries: (lease, ids) => discardEntries(context, lease, ids),
    dueTimers: (lease, limit) => dueTimers(context, lease, limit),
    fireTimers: (lease, timers) => fireTimers(context, lease, timers),
    readActivities: (lease, timers) => readActivities(context, lease, timers),
    advanceActivities: (lease, steps) => advanceActivities(context, lease, steps),
    purge: (lease, timers) => purgeRuns(context, lease, timers),
    beginDelayedRuns: (lease, timers) => beginDelayedRuns(context, lease, timers),
    timeOutRuns: (lease, timers) => timeOutRuns(context, lease, timers),
    readOutbox: (lease, page) => readOutbox(context, lease, page),
    relayDone: (lease, ids) => relayDone(context, lease, ids),
    readMessages: (lease, page) => readMessages(context, lease, page),
    messageDone: (lease, message, receipt) => messageDone(context, lease, message, receipt),
    childClosed: (request) => childClosed(context, request),
    heldRuns: (lease) => heldRuns(context, lease),
    openRuns: (lease, request) => openRuns(context, lease, request),
    clearClosedRun: (lease, request) => clearClosedRun(context, lease, request),
    takeSchedule: (lease, schedule) => takeSchedule(context, lease, schedule),
    advanceSchedule: (lease, step) => advanceSchedule(context, lease, step),
    schedulesUnderWay: (lease) => schedulesUnderWay(context, lease),
    listen: (coordinatorId, listener) => listen(context, subscriptions, coordinatorId, listener),
  };
}

function assertPartitions(partitions: number | undefined): void {
  if (partitions === undefined) return;
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 1_024) {
    throw new ConfigurationError(`partitions is ${partitions}; it must be a whole number from 1 to 1024`);
  }
}
