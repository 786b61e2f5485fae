import { LRUCache } from "lru-cache";
import type { LiveRun } from "./live-run.js";

/**
 * Live runs of all partitions of a process. Runs at work are always kept; of the idle ones only the most recently
 * used, because an idle run can be rebuilt from its history at any time.
 */
export class RunCache {
  private readonly active = new Map<string, LiveRun>();
  private readonly idle: LRUCache<string, LiveRun>;

  constructor(maxIdle: number) {
    this.idle = new LRUCache({ max: maxIdle });
  }

  get(partition: number, workflowId: string): LiveRun | undefined {
    const key = keyOf(partition, workflowId);
    return this.active.get(key) ?? this.idle.get(key);
  }

  /** Keeps a run where its state belongs; call after everything that may have changed it. */
  settle(partition: number, run: LiveRun): void {
    const key = keyOf(partition, run.workflowId);
    if (run.isIdle) {
      this.active.delete(key);
      this.idle.set(key, run);
    } else {
      this.idle.delete(key);
      this.active.set(key, run);
    }
  }

  delete(partition: number, workflowId: string): void {
    const key = keyOf(partition, workflowId);
    this.active.delete(key);
    this.idle.delete(key);
  }

  /** Forgets a partition that is no longer owned; what its runs still do is of no effect. */
  dropPartition(partition: number): void {
    const prefix = keyOf(partition, "");
    for (const runs of [this.active, this.idle]) {
      for (const [key, run] of [...runs.entries()]) {
        if (!key.startsWith(prefix)) continue;
        run.drop();
        runs.delete(key);
      }
    }
  }
}

function keyOf(partition: number, workflowId: string): string {
  return `${partition}:${workflowId}`;
}
