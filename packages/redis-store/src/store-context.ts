import type { RedisClient } from "./connection.js";
import type { NamespaceKeys } from "./keys.js";
import type { ScriptRunner } from "./script-runner.js";
import type { VirtualClock } from "./virtual-time/virtual-clock.js";

/** What every operation of the store works with. */
export interface StoreContext {
  readonly client: RedisClient;
  /** Plain commands that are safe to repeat. Rejects with `UnavailableError` when they cannot be answered in time. */
  ask<Answer>(question: (client: RedisClient) => Promise<Answer>): Promise<Answer>;
  readonly scripts: ScriptRunner;
  readonly keys: NamespaceKeys;
  readonly limits: StoreLimits;
  /** Redis clock in epoch ms, as far as this process can tell without asking. */
  redisNowMs(): number;
  /** After the two clocks turned out to disagree. */
  synchroniseClock(): Promise<void>;
  /** Where a test has the time in its hands. */
  readonly virtualClock?: VirtualClock | undefined;
}

export interface StoreLimits {
  /** Accepted events of one run that no code has processed. */
  readonly runInboxCap: number;
  /** The same for all runs of a partition. */
  readonly partitionInboxCap: number;
  /** Runs that one call looks at by their attributes at most, some 5 µs each: Redis does nothing else meanwhile. */
  readonly searchCandidates: number;
  /** Runs of each index that one call of a scan looks at. */
  readonly scanWindow: number;
}
