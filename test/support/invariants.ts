// What must hold after any test that kills, pauses or cuts off something, once the system is at rest.
import { decodePayload, isHistoryCommand, isHistoryEvent, type HistoryRecord } from "@heddle/protocol";
import { waitFor } from "@heddle/testkit";
import type { Redis } from "ioredis";
import { effectsOfErrand, type ErrandInput, type ErrandResult } from "../processes/errand.js";
import type { Effect } from "../processes/effects-ledger.js";
import type { JournalledCommit } from "../processes/commit-journal.js";
import type { ClientJournal, SentSignal } from "./client-journal.js";
import { readNamespace, type NamespaceContents, type StoredRun } from "./namespace-contents.js";

export interface Evidence {
  readonly redis: Redis;
  readonly namespace: string;
  readonly journal: ClientJournal;
  readonly effects: readonly Effect[];
  readonly commits: readonly JournalledCommit[];
  /** Processes that were killed or paused; only what they executed may have been executed again. */
  readonly faulty: ReadonlySet<number> | "any";
}

/** Resolves when nobody has anything left to do. Rejects with what is left. */
export async function untilAtRest(redis: Redis, namespace: string, timeoutMs: number): Promise<void> {
  await waitFor(
    async () => {
      const { unfinished } = await readNamespace(redis, namespace);
      if (unfinished.length > 0) throw new Error(unfinished.slice(0, 20).join("; "));
      return true;
    },
    { description: "the system is at rest", timeoutMs, intervalMs: 100 },
  );
}

/** Everything that is wrong, in words; empty when all invariants hold. The system must be at rest. */
export async function violations(evidence: Evidence): Promise<string[]> {
  const { journal, effects, commits } = evidence;
  const contents = await readNamespace(evidence.redis, evidence.namespace);
  const sentTo = grouped(journal.signals, (signal) => signal.workflowId);
  const effectsFor = grouped(effects, (effect) => effect.runId);
  return [
    ...contents.unfinished.map((work) => `left over: ${work}`),
    ...journal.divergent.map((id) => `${id}: two answers named different runs`),
    ...acceptedRuns(contents, journal),
    ...[...contents.runs.values()].flatMap((run) => [
      ...historyOf(run),
      ...indexOf(run, contents),
      ...signalsOf(run, sentTo.get(run.workflowId) ?? []),
      ...effectsOf(run, effectsFor.get(run.header["runId"] ?? "") ?? [], evidence.faulty),
      ...resultOf(run),
    ]),
    ...executedOnce(effects),
    ...oneNoncePerEpoch(commits),
  ];
}

function acceptedRuns(contents: NamespaceContents, journal: ClientJournal): string[] {
  return [...journal.runs].flatMap(([workflowId, runId]) => {
    const header = contents.runs.get(workflowId)?.header;
    if (header === undefined) return [`${workflowId}: accepted and gone`];
    if (header["runId"] !== runId) return [`${workflowId}: is run ${header["runId"] ?? ""}, told ${runId}`];
    return header["status"] === "completed" ? [] : [`${workflowId}: is ${header["status"] ?? ""}`];
  });
}

const TERMINAL = new Set<HistoryRecord["kind"]>([
  ...(["completed", "failed", "cancelled", "terminated", "timed-out"] as const),
]);

/** Gapless, one start and it is first, one end and it is last; every outcome once and of something that was asked for. */
function historyOf({ workflowId, header, records, storedRecords }: StoredRun): string[] {
  const wrong: string[] = [];
  const unless = (holds: boolean, what: string) => holds || wrong.push(`${workflowId}: ${what}`);
  const kinds = records.map((record) => record.kind);
  const ends = kinds.filter((kind) => TERMINAL.has(kind)).length;
  unless(
    ends === 1 && TERMINAL.has(kinds.at(-1) ?? "started"),
    `${ends} terminal records in ${kinds.join()}`,
  );
  unless(kinds.indexOf("started") === 0 && kinds.lastIndexOf("started") === 0, `starts in ${kinds.join()}`);
  unless(Number(header["historyLength"]) === storedRecords, "historyLength is not the length");
  const accepted = records.filter((record) => isHistoryEvent(record) && !record.kind.startsWith("step-"));
  unless(
    Number(header["accepted"]) === accepted.length,
    `${accepted.length} of ${header["accepted"]} events`,
  );
  unless(header["accepted"] === header["processed"], `processed ${header["processed"]}`);
  const issued = records.flatMap((record) =>
    isHistoryCommand(record) && "seq" in record && !/-(?:cancelled|settled)$/.test(record.kind)
      ? [record.seq]
      : [],
  );
  unless(
    issued.every((seq, index) => seq === index + 1),
    `commands are numbered ${issued.join()}`,
  );
  const settled = records.flatMap((record) =>
    isHistoryEvent(record) && "seq" in record ? [record.seq] : [],
  );
  unless(new Set(settled).size === settled.length, `settled more than once: ${settled.join()}`);
  unless(
    settled.every((seq) => issued.includes(seq)),
    `settled and never asked for: ${settled.join()}`,
  );
  return wrong;
}

function indexOf({ workflowId, header }: StoredRun, { indexed }: NamespaceContents): string[] {
  const statuses = indexed.get(workflowId) ?? [];
  return statuses.length === 1 && statuses[0] === header["status"]
    ? []
    : [`${workflowId}: is ${header["status"] ?? ""} and listed as ${statuses.join()}`];
}

/** Acknowledged ones exactly once, refused ones never, unknown ones at most once, nothing invented, each client's in its order. */
function signalsOf({ workflowId, records }: StoredRun, sent: readonly SentSignal[]): string[] {
  const recorded = signalPayloads(records);
  const places = new Map<string, number[]>();
  for (const [place, payload] of recorded.entries()) {
    places.set(payload, [...(places.get(payload) ?? []), place]);
  }
  const wrong: string[] = [];
  for (const { payload, outcome } of sent) {
    const times = places.get(payload)?.length ?? 0;
    const isRight = { accepted: times === 1, refused: times === 0, unknown: times <= 1 };
    if (!isRight[outcome]) {
      wrong.push(`${workflowId}: signal ${payload} (${outcome}) is recorded ${times} times`);
    }
  }
  const known = new Set(sent.map(({ payload }) => payload));
  for (const payload of recorded) {
    if (!known.has(payload)) wrong.push(`${workflowId}: nobody sent signal ${payload}`);
  }
  for (const client of new Set(sent.map((signal) => signal.client))) {
    const order = sent
      .filter((signal) => signal.client === client && signal.outcome === "accepted")
      .map(({ payload }) => places.get(payload)?.[0] ?? -1);
    if (order.some((place, index) => index > 0 && place < (order[index - 1] ?? 0))) {
      wrong.push(`${workflowId}: signals of ${client} out of order: ${order.join()}`);
    }
  }
  return wrong;
}

/** Each recorded result was executed, in that attempt; what was executed besides was executed by a faulty process. */
function effectsOf(
  { workflowId, records }: StoredRun,
  own: readonly Effect[],
  faulty: Evidence["faulty"],
): string[] {
  const recorded = new Map(
    records.flatMap((record) => (record.kind === "activity-completed" ? [[record.seq, record]] : [])),
  );
  const wrong: string[] = [];
  for (const { seq, attempt, result } of recorded.values()) {
    const executed = own.find((effect) => effect.seq === seq && effect.attempt === attempt);
    if (executed?.result !== decodePayload(result)) {
      wrong.push(`${workflowId}: result of activity ${seq} attempt ${attempt} was never executed`);
    }
  }
  for (const { seq, attempt, pid } of own) {
    if (recorded.get(seq)?.attempt === attempt || faulty === "any" || faulty.has(pid)) continue;
    wrong.push(
      `${workflowId}: activity ${seq} attempt ${attempt} was executed in vain by sound process ${pid}`,
    );
  }
  return wrong;
}

/** The workflow consumed each signal once and in the order of acceptance, and saw every result. */
function resultOf({ workflowId, records }: StoredRun): string[] {
  const [first] = records;
  const last = records.at(-1);
  if (first?.kind !== "started" || last?.kind !== "completed") return [`${workflowId}: has no result`];
  const { notes } = decodePayload(first.input) as ErrandInput;
  const expected: ErrandResult = {
    notes: signalPayloads(records).slice(0, notes),
    effects: effectsOfErrand(workflowId),
    counted: notes,
  };
  const result = decodePayload(last.result);
  return JSON.stringify(result) === JSON.stringify(expected)
    ? []
    : [`${workflowId}: result ${JSON.stringify(result)} instead of ${JSON.stringify(expected)}`];
}

/** A claim gives an attempt to one worker, so no attempt ever ends twice. */
function executedOnce(effects: readonly Effect[]): string[] {
  const times = new Map<string, number>();
  for (const { runId, seq, attempt } of effects) {
    const key = `${runId}:${seq} attempt ${attempt}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  return [...times].flatMap(([key, count]) =>
    count > 1 ? [`activity ${key} was executed ${count} times`] : [],
  );
}

function oneNoncePerEpoch(commits: readonly JournalledCommit[]): string[] {
  const nonces = new Map<string, Set<string>>();
  for (const { partition, epoch, nonce, outcome } of commits) {
    if (outcome !== "ok") continue;
    const key = `partition ${partition} epoch ${epoch}`;
    nonces.set(key, (nonces.get(key) ?? new Set()).add(nonce));
  }
  return [...nonces].flatMap(([key, set]) => (set.size > 1 ? [`${key} has ${set.size} owners`] : []));
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function signalPayloads(records: readonly HistoryRecord[]): string[] {
  return records.flatMap((record) =>
    record.kind === "signal" ? [decodePayload(record.payload) as string] : [],
  );
}

/** Executions whose result no history records: the price of at-least-once. */
export function executedInVain(contents: NamespaceContents, effects: readonly Effect[]): number {
  const recorded = [...contents.runs.values()].flatMap(({ records }) =>
    records.filter((record) => record.kind === "activity-completed"),
  ).length;
  return effects.length - recorded;
}
