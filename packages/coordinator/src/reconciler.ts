import { pendingWork, type Lease, type OwnerStore, type RunHeader } from "@heddle/core";
import type { Log } from "@heddle/workflow";
import type { LeaseKeeper } from "./lease-keeper.js";
import type { OutboxRelay } from "./outbox-relay.js";

const PAGE = 100;

/**
 * Slowly checks the rule that no open run is forgotten (`docs/architecture.md`, "What every open run has"):
 * it has unprocessed events, or waits for something that is registered, or is held or suspended. A run that breaks
 * it is told to its owner and to the log; it can only come from a damaged store or a defect of Heddle.
 * It also relays what a call put into the outbox whose reply never arrived.
 */
export class Reconciler {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private working: Promise<void> = Promise.resolve();
  private readonly cursors = new Map<number, string>();

  constructor(
    private readonly options: {
      readonly store: OwnerStore;
      readonly keeper: LeaseKeeper;
      readonly relay: OutboxRelay;
      readonly log: Log;
      readonly everyMs: number;
    },
  ) {}

  start(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.working = this.round().finally(() => this.start());
    }, this.options.everyMs);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.working;
  }

  /** One page of open runs, and the outbox, of each owned partition. */
  private async round(): Promise<void> {
    for (const owner of this.options.keeper.owned) {
      const { lease } = owner;
      try {
        const { headers, cursor } = await this.options.store.openRuns(lease, {
          cursor: this.cursors.get(lease.partition) ?? "",
          limit: PAGE,
        });
        this.cursors.set(lease.partition, cursor);
        for (const header of headers) await this.check(lease, header);
        await this.options.relay.sweep(lease);
        owner.recheckMessages();
      } catch (error) {
        this.options.log.warn("reconciling a partition failed", {
          partition: lease.partition,
          error: String(error),
        });
      }
    }
  }

  private async check(lease: Lease, header: RunHeader): Promise<void> {
    if (!looksParked(header)) return;
    const [run] = await this.options.store.loadRuns(lease, [header.workflowId]);
    // Only what stands still can be judged: anything that moved meanwhile is alive.
    if (run?.header.historyLength !== header.historyLength || !looksParked(run.header)) return;
    const waits: readonly (readonly unknown[])[] = Object.values(pendingWork(run.records));
    if (waits.some((open) => open.length > 0)) return;
    this.options.log.error("an open run waits for nothing; its owner is told to look at it", {
      workflowId: header.workflowId,
      runId: header.runId,
    });
    this.options.keeper.ownerOf(lease.partition)?.wake();
  }
}

function looksParked(header: RunHeader): boolean {
  return (
    header.status === "running" && header.accepted === header.processed && header.heldReason === undefined
  );
}
