import type { Lease, OutboxEntry, OwnerStore, QueueStore, TaskQueue } from "@heddle/core";
import type { Log } from "@heddle/workflow";
import { groupBy } from "./group-by.js";
import type { CoordinatorObserver } from "./options.js";
import { QueueNotes } from "./queue-notes.js";

interface Owed {
  readonly lease: Lease;
  readonly entry: OutboxEntry;
}

const RETRY_MS = 500;
const MAX_BATCH = 1_000;
/**
 * How long confirmed tickets are gathered before they leave the outbox together. A crash meanwhile makes the next
 * owner add them once more, which their queue or their claim turns away.
 */
const FORGET_AFTER_MS = 50;

/**
 * Brings committed tickets to their queues, for all partitions of a process together: the more there are, the
 * fewer calls each costs. A ticket leaves the outbox only after its queue confirmed it; a crash in between makes
 * the next owner add it again, which the queue ignores.
 */
export class OutboxRelay {
  private owed: Owed[] = [];
  /** Their queues have confirmed them; only the outbox still has to hear of it. */
  private queued: Owed[] = [];
  /** Entries that are owed or being relayed, so that a sweep adds only what nobody here knows. */
  private readonly known = new Set<string>();
  private working: Promise<void> | undefined;
  private forgetting: Promise<void> | undefined;
  private readonly notes: QueueNotes;
  private retry: NodeJS.Timeout | undefined;
  private forgetLater: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: OwnerStore & Pick<QueueStore, "noteQueue">,
    private readonly taskQueue: TaskQueue,
    private readonly log: Log,
    private readonly observe: CoordinatorObserver | undefined,
  ) {
    this.notes = new QueueNotes(store, log);
  }

  add(lease: Lease, entries: readonly OutboxEntry[]): void {
    if (entries.length === 0) return;
    for (const entry of entries) {
      const key = keyOf(lease, entry);
      if (this.known.has(key)) continue;
      this.known.add(key);
      this.owed.push({ lease, entry });
    }
    this.start();
  }

  /**
   * Everything in the outbox of a partition that is not relayed already: left by an earlier owner, or put there by a
   * call whose reply was lost.
   */
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

  /** Resolves when nothing is owed, or when the queue or the store cannot be reached now. */
  async flushed(): Promise<void> {
    await this.working;
    await this.forgetting;
    await this.forget();
  }

  stop(): void {
    clearTimeout(this.retry);
    clearTimeout(this.forgetLater);
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

  /** Returns what its queue did not confirm. */
  private async relay(batch: readonly Owed[]): Promise<readonly Owed[]> {
    const byQueue = groupBy(batch, (owed) => owed.entry.queue);
    const confirmed = new Set<string>();
    await Promise.all(
      [...byQueue].map(async ([queue, owed]) => {
        this.notes.note(queue);
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
    const unconfirmed: Owed[] = [];
    for (const owed of batch) (confirmed.has(owed.entry.ticket.token) ? this.queued : unconfirmed).push(owed);
    this.forgetSoon();
    return unconfirmed;
  }

  private forgetSoon(afterMs = FORGET_AFTER_MS): void {
    if (this.queued.length === 0 || this.forgetLater !== undefined) return;
    this.forgetLater = setTimeout(() => {
      this.forgetLater = undefined;
      this.forgetting = this.forget();
    }, afterMs);
  }

  /** Removes queued tickets from the outbox. */
  private async forget(): Promise<void> {
    const byNonce = groupBy(this.queued, ({ lease }) => lease.nonce);
    this.queued = [];
    await Promise.all([...byNonce.values()].map((owed) => this.forgetOf(owed)));
    // What is left could not be removed.
    this.forgetSoon(RETRY_MS);
  }

  /** Of one lease. */
  private async forgetOf(owed: readonly Owed[]): Promise<void> {
    const lease = owed[0]?.lease;
    if (lease === undefined) return;
    try {
      await this.store.relayDone(
        lease,
        owed.map(({ entry }) => entry.entryId),
      );
      // Also when the lease is another's: its owner finds in the outbox what is still there.
      for (const { entry } of owed) this.known.delete(keyOf(lease, entry));
      this.observe?.("coordinator.relayed", { partition: lease.partition, count: owed.length });
    } catch (error) {
      this.log.warn("relayed tickets stay in the outbox; trying again", { error: String(error) });
      this.queued.push(...owed);
    }
  }
}

/** By nonce: what was owed under a lost lease is owed anew under the next. */
function keyOf(lease: Lease, entry: OutboxEntry): string {
  return `${lease.nonce} ${entry.entryId}`;
}
