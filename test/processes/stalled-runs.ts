import type { OwnerStore } from "@heddle/core";

/**
 * The same store, but of each run in `STALL_AT` (`{ workflowId: n }`) nothing is written from the turn on that takes its
 * n-th event, while the owner believes that it was. So one SIGKILL later each of these runs looks as if its owner had died at that
 * moment, one at its first event, one at its second, and so on.
 */
export function withStalledRuns<Store extends OwnerStore>(store: Store, stallAt: string | undefined): Store {
  if (stallAt === undefined) return store;
  const left = new Map(Object.entries(JSON.parse(stallAt) as Record<string, number>));
  /** Whether the turn is to get lost. */
  const stalls = (workflowId: string, events: number): boolean => {
    const before = left.get(workflowId);
    if (before === undefined) return false;
    if (before <= 0) return true;
    left.set(workflowId, before - events);
    if (before > events) return false;
    console.log(`stalled ${workflowId}`);
    return true;
  };
  return {
    ...store,
    commitTurns: async (lease, turns, page) => {
      const lost = new Set(turns.filter((turn) => stalls(turn.workflowId, turn.entryIds.length)));
      const written = turns.filter((turn) => !lost.has(turn));
      const reply = await store.commitTurns(lease, written, page);
      if (reply.outcome !== "ok") return reply;
      const answers = reply.turns.values();
      return {
        ...reply,
        turns: turns.map((turn) => {
          if (!lost.has(turn)) return answers.next().value ?? { outcome: "changed" };
          const historyLength = turn.historyLengthBefore + turn.records.length;
          return { outcome: "committed", historyLength };
        }),
      };
    },
  };
}
