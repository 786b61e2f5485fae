import type { Lease, LeaseLost, RunHeader } from "@heddle/core";
import { OPEN_STATUSES } from "@heddle/protocol";
import { indexKeys } from "../keys.js";
import { readHeaders } from "../reading/describe.js";
import type { StoreContext } from "../store-context.js";
import { leaseKeys } from "./lease.js";

export async function heldRuns(context: StoreContext, lease: Lease): Promise<readonly string[] | LeaseLost> {
  return context.ask((client) => client.smembers(leaseKeys(context, lease.partition).held));
}

/** Pages through the open indexes one after the other; `cursor` names the index and the place in it. */
export async function openRuns(
  context: StoreContext,
  lease: Lease,
  request: { cursor: string; limit: number },
): Promise<{ headers: readonly RunHeader[]; cursor: string }> {
  const keys = leaseKeys(context, lease.partition);
  const types = (await context.ask((client) => client.smembers(keys.types))).sort();
  const indexes = indexKeys(keys, types, OPEN_STATUSES);
  const [indexText = "0", place = "0"] = request.cursor === "" ? [] : request.cursor.split(" ");
  const index = indexes[Number(indexText)];
  if (index === undefined) return { headers: [], cursor: "" };
  const [next, members] = await context.ask((client) => client.zscan(index, place, "COUNT", request.limit));
  const ids = members.filter((_member, at) => at % 2 === 0);
  const cursor = next === "0" ? `${Number(indexText) + 1} 0` : `${indexText} ${next}`;
  const atEnd = next === "0" && Number(indexText) + 1 >= indexes.length;
  return { headers: await readHeaders(context, ids), cursor: atEnd ? "" : cursor };
}
