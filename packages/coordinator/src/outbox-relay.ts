import type { Lease, OutboxEntry, OwnerStore, TaskQueue } from "@heddle/core";
import type { Log } from "@heddle/workflow";
import { groupBy } from "./group-by.js";
import type { CoordinatorObserver } from "./options.js";

interface Owed {
  readonly lease: Lease;
  readonly entry: OutboxEntry;
}

const RETRY_MS = 500;
const MAX_BATCH = 1_000;

/**
 * Brings committed tickets to their queues, for all partitions of a process together: the more there are, the
 * fewer calls each costs. A ticket leaves the outbox only after its queue confirmed it; a crash in between makes
 * the next owner add it again, which the queue ignores.
 */
export class OutboxRelay {
  private owed: Owed[] = [];
  private working: Promise<void> | undefined;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: OwnerStore,
    private readonly taskQueue: TaskQueue,
    private readonly log: Log,
    private readonly observe: CoordinatorObserver | undefined,
  ) {}

  add(lease: Lease, entries: readonly OutboxEntry[]): void {
    if (entries.length === 0) return;
    for (const entry of entries) this.owed.push({ lease, entry });
    this.start();
  }

  /** Everything in the outbox of a partition that was taken over. */
  async sweep(lease: Lease): Promise<void> {
    for (let after = "0"; ;) {
      const entries = await this.store.readOutbox(lease, { after, limit: MAX_BATCH });
      if ("outcome" in entries) return;
      this.add(lease, entries);
      const last = entries.at(-1);
      if (last === undefined || entries.length < MAX_BATCH) return;
      after = last.entryId;
    }
  }

  /** Resolves when nothing is owed, or when the queue cannot be reached now. */
  async flushed(): Promise<void> {
    await this.working;
  }

  stop(): void {
    clearTimeout(this.retry);
  }

  private start(): void {
    this.working ??= this.workOff().finally(() => {
      this.working = undefined;
    });
  }

  private async workOff(): Promise<void> {
    while (this.owed.length > 0) {
      const batch = this.owed.splice(0, MAX_BATCH);
      const unconfirmed = await this.relay(batch);
      if (unconfirmed.length === 0) continue;
      this.owed.unshift(...unconfirmed);
      this.retry = setTimeout(() => this.start(), RETRY_MS);
      return;
    }
  }

  /** Returns what has to be tried again. */
  private async relay(batch: readonly Owed[]): Promise<readonly Owed[]> {
    const byQueue = groupBy(batch, (owed) => owed.entry.queue);
    const confirmed = new Set<string>();
    await Promise.all(
      [...byQueue].map(async ([queue, owed]) => {
        try {
          const tickets = await this.taskQueue.enqueue(
            queue,
            owed.map(({ entry }) => entry.ticket),
          );
          for (const ticket of tickets) confirmed.add(ticket.token);
        } catch (error) {
          this.log.warn("tickets could not be relayed; trying again", { queue, error: String(error) });
        }
      }),
    );
    const done = batch.filter(({ entry }) => confirmed.has(entry.ticket.token));
    await this.forget(done);
    return batch.filter(({ entry }) => !confirmed.has(entry.ticket.token));
  }

  private async forget(done: readonly Owed[]): Promise<void> {
    const byNonce = groupBy(done, ({ lease }) => lease.nonce);
    await Promise.all(
      [...byNonce.values()].map(async (owed) => {
        const lease = owed[0]?.lease;
        if (lease === undefined) return;
        try {
          await this.store.relayDone(
            lease,
            owed.map(({ entry }) => entry.entryId),
          );
          this.observe?.("coordinator.relayed", { partition: lease.partition, count: owed.length });
        } catch (error) {
          // The entries stay; adding their tickets again is a no-op, and a claimed one is refused.
          this.log.warn("relayed tickets stay in the outbox", { error: String(error) });
        }
      }),
    );
  }
}
