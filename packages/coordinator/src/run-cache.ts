import type { LiveRun } from "./live-run.js";

interface Kept {
  readonly run: LiveRun;
  readonly partition: number;
  isIdle: boolean;
}

/**
 * Live runs of all partitions of a process. Runs at work are always kept; of the idle ones only those that became
 * idle last, because an idle run can be rebuilt from its history at any time.
 */
export class RunCache {
  /** By workflow id, which lives in one partition only. In the order in which they were filed last. */
  private readonly kept = new Map<string, Kept>();
  private idleCount = 0;

  constructor(private readonly maxIdle: number) {}

  /** No run is at work. */
  get isIdle(): boolean {
    return this.idleCount === this.kept.size;
  }

  get(workflowId: string): LiveRun | undefined {
    return this.kept.get(workflowId)?.run;
  }

  /** Files a run by its state; call after everything that may have changed it. */
  settle(partition: number, run: LiveRun): void {
    const { isIdle } = run;
    const known = this.kept.get(run.workflowId);
    if (known?.run === run) {
      if (known.isIdle === isIdle) return;
      known.isIdle = isIdle;
      this.idleCount += isIdle ? 1 : -1;
      if (isIdle) this.moveToEnd(known);
    } else {
      this.delete(run.workflowId);
      this.kept.set(run.workflowId, { run, partition, isIdle });
      if (isIdle) this.idleCount++;
    }
    if (this.idleCount > this.maxIdle) this.evictOldest();
  }

  delete(workflowId: string): void {
    const known = this.kept.get(workflowId);
    if (known === undefined) return;
    this.kept.delete(workflowId);
    if (known.isIdle) this.idleCount--;
  }

  /** Forgets a partition that is no longer owned; what its runs still do is of no effect. */
  dropPartition(partition: number): void {
    for (const known of [...this.kept.values()]) {
      if (known.partition !== partition) continue;
      known.run.drop();
      this.delete(known.run.workflowId);
    }
  }

  private evictOldest(): void {
    for (const known of this.kept.values()) {
      if (known.isIdle) {
        this.delete(known.run.workflowId);
        return;
      }
      // At work: it comes after all that are idle now, so that it is passed over once.
      this.moveToEnd(known);
    }
  }

  private moveToEnd(known: Kept): void {
    this.kept.delete(known.run.workflowId);
    this.kept.set(known.run.workflowId, known);
  }
}
