import { decodeHistoryRecord, encodeHistoryRecord, type Reapply } from "@heddle/protocol";
import type { AnyWorkflow } from "@heddle/workflow";
import { replayReset, type ReplayedReset } from "../reset-replay.js";
import type { ResetMark } from "../reset-marks.js";
import { RecordedRun, STARTED_AT_MS, type RecordedRunOptions } from "./recorded-run.js";

export interface ResetAt {
  /** Records that stay. */
  readonly keep: number;
  readonly reapply?: Reapply;
  readonly runId?: string;
}

/** What a reset leaves of the history of a run, and what it cuts off. */
export function cutHistory(
  run: RecordedRun,
  { keep, reapply = "signals", runId = "run-2" }: ResetAt,
): { records: Uint8Array[]; cutOff: Uint8Array[] } {
  const before = run.records.map(decodeHistoryRecord).findLast((record) => record.kind === "reset");
  const fromRunId = before?.kind === "reset" ? before.runId : "run-1";
  const mark: ResetMark = { kind: "reset", at: STARTED_AT_MS, runId, fromRunId, reapply };
  return {
    records: [...run.records.slice(0, keep), encodeHistoryRecord(mark)],
    cutOff: run.records.slice(keep),
  };
}

/** The run as it goes on from a reset of another, after the first turn that its owner would commit. */
export async function resetRun(
  run: RecordedRun,
  workflow: AnyWorkflow,
  at: ResetAt,
  options: RecordedRunOptions = {},
): Promise<RecordedRun & { readonly replayed: ReplayedReset }> {
  const reset = new RecordedRun(workflow, { runId: at.runId ?? "run-2", ...options });
  const { records, cutOff } = cutHistory(run, at);
  reset.records.push(...records);
  for (const [valueId, payload] of run.offloaded) reset.offloaded.set(valueId, payload);
  const replayed = await replayReset(reset.machine, { records, cutOff }, reset.readOffloaded);
  reset.gather();
  for (const { as, event } of replayed.inputs) {
    if (as === "taken") throw new Error("a recorded run holds nothing back");
    await reset.feed(event);
  }
  return Object.assign(reset, { replayed });
}
