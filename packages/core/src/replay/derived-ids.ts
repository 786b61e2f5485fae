import { SeededRandom } from "./seeded-random.js";

/** Id of a workflow that the code starts without naming it: the same on replay, and no other's. */
export function derivedWorkflowId(runId: string, seq: number): string {
  return `${runId}-${seq}`;
}

/** Run id of a run that the code of another one starts: the same however often the code decides it. */
export function derivedRunId(runId: string, seq: number): string {
  return new SeededRandom(`${runId}/${seq}`).uuid();
}
