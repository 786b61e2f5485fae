import type { Fleet } from "./fleet.js";
import { readNamespace } from "./namespace-contents.js";

/** How many partitions each live owner has, by coordinator id; free and expired ones count for nobody. */
export async function sharesOf(fleet: Fleet): Promise<ReadonlyMap<string, number>> {
  const { leases } = await readNamespace(fleet.redis, fleet.namespace);
  const [seconds = "0"] = await fleet.redis.time();
  const shares = new Map<string, number>();
  for (const { owner, expiresAtMs } of leases.values()) {
    if (owner === undefined || Number(expiresAtMs) < Number(seconds) * 1_000) continue;
    shares.set(owner, (shares.get(owner) ?? 0) + 1);
  }
  return shares;
}

/** Sizes of the shares, smallest first. */
export async function shareSizes(fleet: Fleet): Promise<readonly number[]> {
  return [...(await sharesOf(fleet)).values()].toSorted((left, right) => left - right);
}
