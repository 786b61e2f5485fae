import { decodePayload, isHistoryEvent } from "@heddle/protocol";
import type { Fleet } from "../../../support/fleet.js";
import { readNamespace, type StoredRun } from "../../../support/namespace-contents.js";

export interface LostAndRepeated {
  /** Runs that clients were told are accepted. */
  readonly runs: number;
  /** Accepted runs that are not completed, and accepted signals that no history has. */
  readonly lost: number;
  /** Signals, results and timers that a history has more than once. */
  readonly recordedTwice: number;
  /** Everything that the invariants of the kill tests find wrong, in words; these two among them. */
  readonly wrong: readonly string[];
}

/** Waits until nothing is left to do, then compares Redis with what clients were told. */
export async function lostAndRepeated(fleet: Fleet): Promise<LostAndRepeated> {
  const wrong = await fleet.verdict({ timeoutMs: 60_000 });
  const { runs } = await readNamespace(fleet.redis, fleet.namespace);
  const { journal } = fleet;
  const lostRuns = [...journal.runs].filter(([workflowId, runId]) => {
    const header = runs.get(workflowId)?.header;
    return header?.["runId"] !== runId || header["status"] !== "completed";
  });
  const recorded = new Set([...runs.values()].flatMap(signalPayloads));
  const lostSignals = journal.signals.filter(
    ({ outcome, payload }) => outcome === "accepted" && !recorded.has(payload),
  );
  const recordedTwice = [...runs.values()]
    .flatMap((run) => [signalPayloads(run), settledSeqs(run)])
    .reduce((sum, facts) => sum + facts.length - new Set(facts).size, 0);
  return { runs: journal.runs.size, lost: lostRuns.length + lostSignals.length, recordedTwice, wrong };
}

/** Differ for every signal that a client sent. */
function signalPayloads({ records }: StoredRun): string[] {
  return records.flatMap((record) =>
    record.kind === "signal" ? [decodePayload(record.payload) as string] : [],
  );
}

function settledSeqs({ records }: StoredRun): string[] {
  return records.flatMap((record) => (isHistoryEvent(record) && "seq" in record ? [String(record.seq)] : []));
}
