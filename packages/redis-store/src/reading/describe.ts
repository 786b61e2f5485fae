import {
  pendingUpdates,
  pendingWork,
  type PendingActivity,
  type PendingUpdate,
  type RunHeader,
  type StoredDescription,
} from "@heddle/core";
import { decodePayload, failureSchema, isClosedStatus } from "@heddle/protocol";
import { ACTIVITY_FIELDS, parseStoredActivity } from "../activities/stored-activity.js";
import type { PartitionKeys } from "../keys.js";
import { fieldsOf, HEADER_FIELDS, parseHeader } from "../run-header.js";
import { defineScript, type ScriptReply } from "../script.js";
import { readAttributes, readMemo } from "../search/read-search.js";
import type { StoreContext } from "../store-context.js";

/** Records; ten thousand take some 150 ms to replay. */
const LONG_HISTORY = 10_000;
const MAX_UPDATES = 100;
/** Of the inbox of a partition, which has few unless its owner lags behind. */
const MAX_ENTRIES = 1_000;

const script = defineScript(
  {
    name: "describe-run",
    keys: ["inbox", "header", "history"],
    args: ["limit"],
    parse: (reply) => {
      switch (reply.tag) {
        case "not-found":
          return undefined;
        case "run":
          return {
            fields: fieldsOf(reply.at(1)),
            records: reply.at(2).items.map((record) => record.bytes),
            updates: reply.at(3).items.map(parseUpdate),
          };
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

function parseUpdate(reply: ScriptReply): PendingUpdate {
  const [updateId, name] = [reply.at(0).text, reply.at(1).text];
  return { updateId, name, state: "admitted", admittedAtMs: reply.at(2).number };
}

export async function describeRun(
  context: StoreContext,
  workflowId: string,
): Promise<StoredDescription | undefined> {
  const keys = context.keys.partitionOf(workflowId);
  const run = await context.scripts.run(
    script,
    [keys.inbox, keys.header(workflowId), keys.history(workflowId)],
    [MAX_ENTRIES],
  );
  if (run === undefined) return undefined;
  const header = parseHeader(workflowId, run.fields);
  const updates = isClosedStatus(header.status) ? [] : [...pendingUpdates(run.records), ...run.updates];
  const seqs = pendingWork(run.records).activities;
  const [attributes, memo, ...pending] = await Promise.all([
    readAttributes(context, workflowId),
    readMemo(context, workflowId),
    ...seqs.map((seq) => readPending(context, keys, { workflowId, runId: header.runId, seq })),
  ]);
  return {
    ...header,
    ...(attributes === undefined ? {} : { attributes }),
    ...(memo === undefined ? {} : { memo }),
    pendingActivities: pending.filter((activity) => activity !== undefined),
    pendingUpdates: updates.slice(0, MAX_UPDATES),
    continueAsNewSuggested: header.historyLength >= LONG_HISTORY,
  };
}

async function readPending(
  context: StoreContext,
  keys: PartitionKeys,
  identity: { workflowId: string; runId: string; seq: number },
): Promise<PendingActivity | undefined> {
  const key = keys.activity(identity.runId, identity.seq);
  const values = await context.ask((client) => client.hmgetBuffer(key, ...ACTIVITY_FIELDS));
  const stored = parseStoredActivity(identity, values);
  if (stored === undefined) return undefined;
  const failure = stored.lastFailure && failureSchema.safeParse(decodePayload(stored.lastFailure)).data;
  return {
    seq: identity.seq,
    name: stored.name,
    queue: stored.queue,
    state: stored.state,
    attempt: stored.ticket.attempt,
    lastFailureMessage: failure === undefined ? undefined : `${failure.name}: ${failure.message}`,
  };
}

/** Headers of many runs; one that was purged meanwhile is left out. */
export async function readHeaders(
  context: StoreContext,
  workflowIds: readonly string[],
): Promise<RunHeader[]> {
  const headers = await Promise.all(workflowIds.map((workflowId) => readHeader(context, workflowId)));
  return headers.filter((header) => header !== undefined);
}

/** The same with the search attributes of each. */
export async function readListed(
  context: StoreContext,
  workflowIds: readonly string[],
): Promise<RunHeader[]> {
  const headers = await Promise.all(
    workflowIds.map(async (workflowId): Promise<RunHeader | undefined> => {
      const fields = await readFields(context, workflowId);
      if (fields === undefined) return undefined;
      const header = parseHeader(workflowId, fields);
      if (fields["searchable"] === undefined) return header;
      return { ...header, attributes: await readAttributes(context, workflowId) };
    }),
  );
  return headers.filter((header) => header !== undefined);
}

export async function readHeader(context: StoreContext, workflowId: string): Promise<RunHeader | undefined> {
  const fields = await readFields(context, workflowId);
  return fields === undefined ? undefined : parseHeader(workflowId, fields);
}

async function readFields(
  context: StoreContext,
  workflowId: string,
): Promise<Readonly<Record<string, string | undefined>> | undefined> {
  const key = context.keys.partitionOf(workflowId).header(workflowId);
  const values = await context.ask((client) => client.hmget(key, ...HEADER_FIELDS));
  if (values[0] === null || values[0] === undefined) return undefined;
  return Object.fromEntries(HEADER_FIELDS.map((name, index) => [name, values[index] ?? undefined]));
}
