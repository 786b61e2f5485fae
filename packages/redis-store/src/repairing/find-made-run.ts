import type { StoreContext } from "../store-context.js";

/** Run id of the workflow now, when a reset, fork or import made the run that is asked for; see `made-runs.lua`. */
export async function findMadeRun(
  context: StoreContext,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): Promise<string | undefined> {
  const keys = context.keys.partitionOf(workflowId);
  const [wasMade, current] = await context.ask((client) =>
    Promise.all([
      client.hexists(keys.signalIds(workflowId), `made:${runId}`),
      client.hget(keys.header(workflowId), "runId"),
    ]),
  );
  return wasMade === 1 ? (current ?? undefined) : undefined;
}
