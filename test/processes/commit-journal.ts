import type { OwnerStore } from "@heddle/core";
import { appendLine, monotonicMs } from "./effects-ledger.js";

/** One answered commit, as the owner heard it. */
export interface JournalledCommit {
  readonly pid: number;
  readonly partition: number;
  readonly epoch: number;
  readonly nonce: string;
  readonly outcome: "ok" | "lease-lost";
  readonly begunAtMs: number;
  readonly atMs: number;
  readonly runs: readonly { readonly workflowId: string; readonly outcome: string }[];
}

/** The same store; what `commitTurns` answered is written down before the owner hears of it. */
export function withCommitJournal<Store extends OwnerStore>(store: Store, file: string): Store {
  return {
    ...store,
    commitTurns: async (lease, turns, page) => {
      const begunAtMs = monotonicMs();
      const reply = await store.commitTurns(lease, turns, page);
      const outcomes = reply.outcome === "ok" ? reply.turns.map((turn) => turn.outcome) : [];
      const entry: JournalledCommit = {
        pid: process.pid,
        ...lease,
        outcome: reply.outcome,
        begunAtMs,
        atMs: monotonicMs(),
        runs: turns.map(({ workflowId }, index) => ({ workflowId, outcome: outcomes[index] ?? "refused" })),
      };
      appendLine(file, entry);
      return reply;
    },
  };
}
