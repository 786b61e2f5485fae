import type { StoreContext } from "../store-context.js";

/** One command, because a value never changes; `undefined` when the workflow has none of that id. */
export async function readOffloaded(
  context: StoreContext,
  { workflowId, valueId }: { readonly workflowId: string; readonly valueId: string },
): Promise<Uint8Array | undefined> {
  const key = context.keys.partitionOf(workflowId).offloaded(workflowId);
  return (await context.ask((client) => client.hgetBuffer(key, valueId))) ?? undefined;
}
