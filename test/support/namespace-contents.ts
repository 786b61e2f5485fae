// A namespace as Redis holds it, read key by key and without any code of the store: what the checker believes.
import { decodeHistoryRecord, type HistoryRecord } from "@heddle/protocol";
import type { Redis } from "ioredis";

export interface StoredRun {
  readonly workflowId: string;
  /** Fields of the header. */
  readonly header: Readonly<Record<string, string>>;
  /** As its code saw them: an event that was held stands where it was taken. */
  readonly records: readonly HistoryRecord[];
  /** How many records its history has, held events and the marks that take them included. */
  readonly storedRecords: number;
}

export interface NamespaceContents {
  readonly runs: ReadonlyMap<string, StoredRun>;
  /** By workflow id, the statuses under which the indexes list it. */
  readonly indexed: ReadonlyMap<string, readonly string[]>;
  /** Work that somebody still has to do, in words. Empty when the system is at rest. */
  readonly unfinished: readonly string[];
  /** By partition. */
  readonly leases: ReadonlyMap<number, Readonly<Record<string, string>>>;
}

const CLOSED = new Set(["completed", "failed", "cancelled", "terminated", "timed-out"]);
/** Keys that BullMQ keeps for a queue without a job. */
const QUEUE_FURNITURE = new Set(["meta", "id", "events", "marker", "stalled-check"]);

export async function readNamespace(redis: Redis, namespace: string): Promise<NamespaceContents> {
  const runs = new Map<string, StoredRun>();
  const indexed = new Map<string, string[]>();
  const leases = new Map<number, Record<string, string>>();
  const unfinished: string[] = [];
  for (const key of await keysOf(redis, namespace)) {
    const place = placeOf(key, namespace);
    if (place.partition === undefined) {
      unfinished.push(...(await unfinishedOfQueue(redis, key, place.rest)));
      continue;
    }
    const [kind, id] = splitOnce(place.rest);
    switch (kind) {
      case "w":
        runs.set(id, await readRun(redis, key, id));
        break;
      case "i":
        for (const workflowId of await redis.zrange(key, "0", "-1")) {
          indexed.set(workflowId, [...(indexed.get(workflowId) ?? []), id.slice(id.lastIndexOf(":") + 1)]);
        }
        break;
      case "a":
        unfinished.push(`activity ${id} ${JSON.stringify(await redis.hmget(key, "state", "attempt"))}`);
        break;
      case "c":
        unfinished.push(`what a reset cut off from ${id}`);
        break;
      case "inbox":
      case "outbox":
      case "messages": {
        const length = await redis.xlen(key);
        if (length > 0) unfinished.push(`${length} entries in the ${kind} of partition ${place.partition}`);
        break;
      }
      case "timers": {
        const timers = await redis.zrange(key, "0", "-1");
        unfinished.push(
          ...timers.filter((timer) => !timer.startsWith("purge:")).map((timer) => `timer ${timer}`),
        );
        break;
      }
      case "c":
        unfinished.push(`children of ${id}: ${(await redis.hvals(key)).join(", ")}`);
        break;
      case "held":
        unfinished.push(...(await redis.smembers(key)).map((run) => `held run ${run}`));
        break;
      case "schedules-under-way":
        unfinished.push(...(await redis.smembers(key)).map((schedule) => `schedule ${schedule} under way`));
        break;
      case "schedule-requests":
        unfinished.push(`requests of schedule ${id}`);
        break;
      case "lease":
        leases.set(place.partition, await redis.hgetall(key));
        break;
    }
  }
  for (const { workflowId, header } of runs.values()) {
    if (!CLOSED.has(header["status"] ?? ""))
      unfinished.push(`run ${workflowId} is ${header["status"] ?? ""}`);
  }
  return { runs, indexed, unfinished, leases };
}

async function readRun(redis: Redis, key: string, workflowId: string): Promise<StoredRun> {
  // Both of one moment: a commit between the two looks would make a sound run look torn.
  const replies = await redis
    .multi()
    .hgetall(key)
    .lrangeBuffer(key.replace("}:w:", "}:h:"), "0", "-1")
    .exec();
  const [header, records] = (replies ?? []).map(([, value]) => value) as [Record<string, string>, Buffer[]];
  const decoded = records.map((record) => decodeHistoryRecord(record));
  return { workflowId, header, records: asSeen(decoded), storedRecords: records.length };
}

/** Held events move to where they were taken; those that nothing took stay out, as no code saw them. */
function asSeen(records: readonly HistoryRecord[]): HistoryRecord[] {
  const held: HistoryRecord[] = [];
  return records.flatMap((record) => {
    if (record.kind === "held") {
      held.push(decodeHistoryRecord(record.event));
      return [];
    }
    return record.kind === "taken" ? held.splice(0, 1) : [record];
  });
}

async function unfinishedOfQueue(redis: Redis, key: string, rest: string): Promise<string[]> {
  const [, part] = splitOnce(rest);
  if (part === "" || QUEUE_FURNITURE.has(part)) return [];
  return [`queue key ${key} (${await redis.type(key)})`];
}

export async function keysOf(redis: Redis, namespace: string): Promise<string[]> {
  const keys = new Set<string>();
  for (let cursor = "0"; ;) {
    const [next, found] = await redis.scan(cursor, "MATCH", `{*:${namespace}[:}]*`, "COUNT", "1000");
    for (const key of found) keys.add(key);
    cursor = next;
    if (cursor === "0") return [...keys].sort();
  }
}

/** `{prefix:namespace:3}:w:id` → partition 3, rest `w:id`; without a number it belongs to a queue or to the namespace. */
function placeOf(key: string, namespace: string): { partition: number | undefined; rest: string } {
  const match = /^\{[^:}]+:([^:}]+)(?::([^}]+))?\}:([^]*)$/.exec(key);
  if (match?.[1] !== namespace) throw new Error(`key ${key} is none of namespace ${namespace}`);
  const [, , part, rest = ""] = match;
  // Of the namespace itself: settings, coordinators.
  if (part === undefined) return { partition: undefined, rest: "" };
  return { partition: /^\d+$/.test(part) ? Number(part) : undefined, rest };
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(":");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
