import { createHash } from "node:crypto";
import { WORKFLOW_STATUSES, type WorkflowStatus } from "@heddle/protocol";
import type { MessageKind, TimerRef } from "@heddle/core";

/** Keys of one partition. They share one hash tag, hence one slot: a script may touch them together. */
export interface PartitionKeys {
  readonly partition: number;
  /** hash: nonce, epoch, owner, channel, expiresAtMs, partition; `idle` while the owner waits to be woken. */
  readonly lease: string;
  /** stream: accepted events of all runs, in acceptance order. */
  readonly inbox: string;
  /** zset by due epoch ms: user timers, activities to look at, delayed starts, deadlines, purges, schedules. */
  readonly timers: string;
  /** stream: tickets still to be relayed to their queue. */
  readonly outbox: string;
  /** stream: messages of runs here to other runs, still to be delivered. */
  readonly messages: string;
  /** hash: workflow ids of purged runs that an idempotency key names. */
  readonly tombstones: string;
  /** set: workflow types that ever started here. */
  readonly types: string;
  /** zset by epoch ms: operations applied in the last seconds, so that a re-sent command does nothing. */
  readonly operations: string;
  /** set: open runs that a new owner has to look at: events in history wait for code, or inline steps are to be run. */
  readonly held: string;
  /** stream, capped: changes of statuses, for who watches; the truth is in the headers. */
  readonly feed: string;
  /** zset without scores: ids of schedules, to list them. */
  readonly schedules: string;
  /** set: schedules with something under way besides the wait for their next tick. */
  readonly schedulesUnderWay: string;
  /** hash: per schedule, the number of its last start in this partition. */
  readonly scheduleStarts: string;
  /** hash: one schedule. */
  schedule(scheduleId: string): string;
  /** list of msgpack records: what was asked of a schedule and its owner has not taken. */
  scheduleRequests(scheduleId: string): string;
  /** zset by epoch ms: what callers did with a schedule lately, so that a repeated call does nothing. */
  scheduleOperations(scheduleId: string): string;
  /** hash: open runs by type and version of their code. */
  readonly versions: string;
  /** hash: search attributes of each run that has any: its type and its terms. */
  readonly attributes: string;
  /** zset, all scores 0: search attributes by name, type, value and workflow id. */
  readonly byAttribute: string;
  /** hash: memo of each run that has one. */
  readonly memos: string;
  /** hash: header of a run. */
  header(workflowId: string): string;
  /** list of msgpack records: history of the current run. */
  history(workflowId: string): string;
  /** hash: accepted signal names and ids, and how far the updates of the run are. */
  signalIds(workflowId: string): string;
  /** list: what a reset cut off from the history, until the owner has carried it out. */
  cutOff(workflowId: string): string;
  /** hash: values that the workflow offloaded, by their ids. */
  offloaded(workflowId: string): string;
  /** hash: one pending activity. By run id, so that a replaced run's leftovers never meet its successor's. */
  activity(runId: string, seq: number): string;
  /** hash: children of the current run whose end it has not heard of. */
  children(workflowId: string): string;
  /** string with a lifetime: what a message to a run here was answered. */
  delivery(kind: MessageKind, senderRunId: string, seq: number): string;
  /** zset by creation epoch ms: the one index entry of each run. */
  index(type: string, status: WorkflowStatus): string;
}

export interface NamespaceKeys {
  /** hash: what was chosen once for the namespace (partition count, schema version). */
  readonly settings: string;
  /** zset by epoch ms: when each coordinator last said that it lives. */
  readonly coordinators: string;
  /** zset by epoch ms: when each queue was last said to be in use. */
  readonly queues: string;
  /** zset with a lifetime, by epoch ms: until when each worker of a queue counts as alive. */
  queueWorkers(queue: string): string;
  /** hash with a lifetime: what each worker of a queue said of itself. */
  queueWorkerDetails(queue: string): string;
  /** hash: how much a limit of activities allows; only while tickets wait for it. */
  limit(key: string): string;
  /** hash: attempts in progress under a limit. */
  limitSlots(key: string): string;
  /** zset with a lifetime, by epoch ms: attempts that began within the period of a limit. */
  limitWindow(key: string): string;
  /** zset: tickets that wait for a limit, by when they were offered last. */
  limitWaiting(key: string): string;
  /** zset by epoch ms: limits with waiting tickets, and when to look at each. */
  readonly watchedLimits: string;
  /** Where coordinators hear that a limit has room again. */
  readonly limitChannel: string;
  /** zset with a lifetime, by epoch ms: who polled a queue lately. */
  pollers(queue: string): string;
  /** zset by epoch ms: queues that were polled lately, by the labels that their pollers gave them. */
  readonly polledQueues: string;
  /** zset with a lifetime, by number: lines of a log. */
  log(logId: string): string;
  /** hash: API keys by id, and when each was created, expires and was revoked. */
  readonly apiKeys: string;
  /** stream: who changed what and who was refused, each entry chained to the one before. */
  readonly audit: string;
  /** zset by epoch ms: batches appended to the audit stream lately, so that a re-sent one does nothing. */
  readonly auditBatches: string;
  /** hash with a lifetime: requests that a caller may still make. By digest, because a subject may hold anything. */
  rateBucket(subjectDigest: string): string;
  /** hash with a lifetime: requests that a caller has made today. */
  quota(subjectDigest: string): string;
  /** hash: jobs that ingestion refused: of each what is known, and its data; their bytes in all, and how many ever came. */
  readonly deadLetters: string;
  /** zset by number: ids of the dead letters in the order in which they came. */
  readonly deadLetterOrder: string;
  /** hash with a lifetime: what an idempotency key of a call over HTTP is used for. */
  idempotencyKey(useDigest: string): string;
  /** hash: documents of a collection, by their ids. */
  documents(collection: string): string;
  /** zset, all scores 0: the same ids, to list them in order. */
  documentIds(collection: string): string;
  /** zset by epoch ms: writes of documents lately, so that a re-sent one does nothing. */
  readonly documentOperations: string;
  /** string: epoch ms, only where a test has the time in its hands. */
  readonly virtualTime: string;
  readonly partitions: readonly PartitionKeys[];
  partitionOf(workflowId: string): PartitionKeys;
  /** Pub/sub channels; they carry wake-ups and answers, never state. */
  wakeChannel(coordinatorId: string): string;
  /** Where all coordinators hear that one has left. */
  readonly membershipChannel: string;
  queryChannel(coordinatorId: string): string;
  clientChannel(clientId: string): string;
}

export function namespaceKeys(options: {
  prefix: string;
  namespace: string;
  partitions: number;
}): NamespaceKeys {
  const base = `${options.prefix}:${options.namespace}`;
  const partitions = Array.from({ length: options.partitions }, (_, partition) =>
    partitionKeys(`{${base}:${partition}}`, partition),
  );
  return {
    settings: settingsKey(options),
    coordinators: `{${base}}:coordinators`,
    queues: `{${base}}:queues`,
    queueWorkers: (queue) => `{${base}}:workers:${queue}`,
    queueWorkerDetails: (queue) => `{${base}}:worker-details:${queue}`,
    limit: (key) => `{${base}}:limit:${key}`,
    limitSlots: (key) => `{${base}}:limit-slots:${key}`,
    limitWindow: (key) => `{${base}}:limit-window:${key}`,
    limitWaiting: (key) => `{${base}}:limit-waiting:${key}`,
    watchedLimits: `{${base}}:watched-limits`,
    limitChannel: `${base}:limits`,
    pollers: (queue) => `{${base}}:pollers:${queue}`,
    polledQueues: `{${base}}:polled-queues`,
    log: (logId) => `{${base}}:log:${logId}`,
    apiKeys: `{${base}}:api-keys`,
    audit: `{${base}}:audit`,
    auditBatches: `{${base}}:audit-batches`,
    rateBucket: (subjectDigest) => `{${base}}:rate:${subjectDigest}`,
    quota: (subjectDigest) => `{${base}}:quota:${subjectDigest}`,
    deadLetters: `{${base}}:dead-letters`,
    deadLetterOrder: `{${base}}:dead-letter-order`,
    idempotencyKey: (useDigest) => `{${base}}:idempotency-key:${useDigest}`,
    documents: (collection) => `{${base}}:documents:${collection}`,
    documentIds: (collection) => `{${base}}:document-ids:${collection}`,
    documentOperations: `{${base}}:document-operations`,
    virtualTime: `{${base}}:virtual-time`,
    partitions,
    partitionOf: (workflowId) => at(partitions, partitionNumber(workflowId, options.partitions)),
    membershipChannel: `${base}:coordinators`,
    wakeChannel: (coordinatorId) => `${base}:wake:${coordinatorId}`,
    queryChannel: (coordinatorId) => `${base}:query:${coordinatorId}`,
    clientChannel: (clientId) => `${base}:client:${clientId}`,
  };
}

export function settingsKey(options: { prefix: string; namespace: string }): string {
  return `{${options.prefix}:${options.namespace}}:settings`;
}

function partitionKeys(tag: string, partition: number): PartitionKeys {
  return {
    partition,
    lease: `${tag}:lease`,
    inbox: `${tag}:inbox`,
    timers: `${tag}:timers`,
    outbox: `${tag}:outbox`,
    messages: `${tag}:messages`,
    tombstones: `${tag}:idem`,
    types: `${tag}:types`,
    operations: `${tag}:operations`,
    held: `${tag}:held`,
    feed: `${tag}:feed`,
    schedules: `${tag}:schedules`,
    schedulesUnderWay: `${tag}:schedules-under-way`,
    scheduleStarts: `${tag}:schedule-starts`,
    schedule: (scheduleId) => `${tag}:schedule:${scheduleId}`,
    scheduleRequests: (scheduleId) => `${tag}:schedule-requests:${scheduleId}`,
    scheduleOperations: (scheduleId) => `${tag}:schedule-operations:${scheduleId}`,
    versions: `${tag}:versions`,
    attributes: `${tag}:attributes`,
    byAttribute: `${tag}:by-attribute`,
    memos: `${tag}:memos`,
    header: (workflowId) => `${tag}:w:${workflowId}`,
    history: (workflowId) => `${tag}:h:${workflowId}`,
    signalIds: (workflowId) => `${tag}:s:${workflowId}`,
    cutOff: (workflowId) => `${tag}:cut:${workflowId}`,
    offloaded: (workflowId) => `${tag}:o:${workflowId}`,
    activity: (runId, seq) => `${tag}:a:${runId}:${seq}`,
    children: (workflowId) => `${tag}:c:${workflowId}`,
    delivery: (kind, senderRunId, seq) => `${tag}:d:${kind}:${senderRunId}:${seq}`,
    index: (type, status) => `${tag}:i:${type}:${status}`,
  };
}

/** All indexes of some types; every status when none is named. */
export function indexKeys(
  keys: PartitionKeys,
  types: readonly string[],
  statuses: readonly WorkflowStatus[] = WORKFLOW_STATUSES,
): string[] {
  return types.flatMap((type) => statuses.map((status) => keys.index(type, status)));
}

/** FNV-1a over UTF-8: stable across versions and languages, because it decides where a workflow lives. */
export function partitionNumber(workflowId: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(workflowId, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193);
  // The low bits of FNV-1a are its weakest; fold the high half in before taking the remainder.
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions;
}

/** Workflow id of an idempotency key: 128 bits of SHA-256, so key, tombstone and run share a partition. */
export function workflowIdOfKey(idempotencyKey: string): string {
  return `key-${createHash("sha256").update(idempotencyKey, "utf8").digest("hex").slice(0, 32)}`;
}

/** Member of the timers zset. The workflow id comes last because it may hold any character. */
export function timerMember(timer: TimerRef): string {
  return `${timer.kind}:${timer.seq}:${timer.runId}:${timer.workflowId}`;
}

export function parseTimerMember(member: string): TimerRef {
  const match = /^(timer|activity|purge|start|deadline|schedule):(\d+):([^:]+):([^]+)$/.exec(member);
  if (match === null) throw new TypeError(`unknown timer ${JSON.stringify(member)} in a stored record`);
  const [, kind, seq, runId, workflowId] = match;
  return {
    kind: kind as TimerRef["kind"],
    seq: Number(seq),
    runId: runId ?? "",
    workflowId: workflowId ?? "",
  };
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`partition ${index} is outside 0…${list.length - 1}`);
  return item;
}
