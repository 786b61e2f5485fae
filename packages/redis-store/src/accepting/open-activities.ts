import type { OpenActivityState } from "@heddle/core";
import { parseStoredActivity, ACTIVITY_FIELDS } from "../activities/stored-activity.js";
import type { StoreContext } from "../store-context.js";
import { referenceField } from "./open-activity.js";

/** Activities at a time; each is a command of a pipeline. */
const SLICE = 500;

export async function openActivities(
  context: StoreContext,
  { workflowId, references }: { readonly workflowId: string; readonly references: readonly string[] },
): Promise<readonly (OpenActivityState | undefined)[]> {
  const states: (OpenActivityState | undefined)[] = [];
  for (let from = 0; from < references.length; from += SLICE) {
    const slice = references.slice(from, from + SLICE);
    const key = context.keys.partitionOf(workflowId).signalIds(workflowId);
    const found = await context.ask((client) => client.hmget(key, ...slice.map(referenceField)));
    states.push(...(await Promise.all(found.map((value) => readState(context, workflowId, value)))));
  }
  return states;
}

async function readState(
  context: StoreContext,
  workflowId: string,
  referenceValue: string | null | undefined,
): Promise<OpenActivityState | undefined> {
  const [seq, runId] = referenceValue?.split(":") ?? [];
  if (seq === undefined || runId === undefined) return undefined;
  const key = context.keys.partitionOf(workflowId).activity(runId, Number(seq));
  const [worker, ...values] = await context.ask((client) =>
    client.hmgetBuffer(key, "worker", ...ACTIVITY_FIELDS),
  );
  const stored = parseStoredActivity({ workflowId, runId, seq: Number(seq) }, values);
  if (stored === undefined) return undefined;
  const { name, queue, state, claimedAtMs } = stored;
  return { name, queue, state, claimedAtMs, worker: worker?.toString("utf8") };
}
