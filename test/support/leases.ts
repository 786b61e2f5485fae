import type { Fleet } from "./fleet.js";
import { readNamespace } from "./namespace-contents.js";

/** How many partitions each live owner has, smallest share first; free and expired leases count for nobody. */
export async function shareSizes(fleet: Fleet): Promise<readonly number[]> {
  const { leases } = await readNamespace(fleet.redis, fleet.namespace);
  const [seconds] = await fleet.redis.time();
  const shares = new Map<string, number>();
  for (const { owner, expiresAtMs } of leases.values()) {
    if (owner === undefined || Number(expiresAtMs) < Number(seconds) * 1_000) continue;
    shares.set(owner, (shares.get(owner) ?? 0) + 1);
  }
  return [...shares.values()].toSorted((left, right) => left - right);
}
