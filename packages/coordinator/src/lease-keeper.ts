import type { Lease, OwnerStore } from "@heddle/core";
import type { Log } from "@heddle/workflow";
import type { CoordinatorSettings } from "./options.js";
import type { PartitionOwner } from "./partition-owner.js";

interface KeeperOptions {
  readonly store: OwnerStore;
  readonly coordinatorId: string;
  readonly settings: CoordinatorSettings;
  readonly log: Log;
  /** Begins to own a partition. */
  own(lease: Lease): PartitionOwner;
}

/**
 * Takes, renews and gives back leases, so that every partition has one owner and every live coordinator a fair
 * share. Leases decide, not membership: two keepers that count differently still never own one partition together.
 */
export class LeaseKeeper {
  private readonly owners = new Map<number, PartitionOwner>();
  private readonly releasing = new Set<number>();
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: KeeperOptions) {}

  get owned(): readonly PartitionOwner[] {
    return [...this.owners.values()];
  }

  ownerOf(partition: number): PartitionOwner | undefined {
    return this.owners.get(partition);
  }

  /** Resolves after the first round: free partitions up to the fair share are owned. */
  async start(): Promise<void> {
    await this.tick();
  }

  /** Begins the next round at once: partitions may have become free. */
  lookNow(): void {
    if (this.stopped || this.ticking !== undefined) return;
    clearTimeout(this.timer);
    void this.tick();
  }

  /**
   * What a crash of this process and its restart come to: what is not committed is lost, and the partitions are owned
   * anew. Every write that is not sent by now is refused.
   */
  async crash(): Promise<void> {
    const owners = this.owned;
    await Promise.all(owners.map((owner) => this.options.store.releaseLease(owner.lease)));
    for (const owner of owners) owner.abandon();
    await Promise.all(owners.map((owner) => owner.ended));
    await this.ticking;
    clearTimeout(this.timer);
    if (!this.stopped) await this.tick();
  }

  /** Hands everything over: commits what is in memory, releases, withdraws. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.ticking;
    await Promise.all(this.owned.map((owner) => this.release(owner)));
    await this.options.store.withdrawCoordinator(this.options.coordinatorId).catch(() => undefined);
  }

  private tick(): Promise<void> {
    this.ticking = this.round()
      .catch((error: unknown) => {
        this.options.log.warn("leases could not be kept; trying again", { error: String(error) });
        return this.options.settings.renewEveryMs / 2;
      })
      .then((nextMs) => {
        this.ticking = undefined;
        if (!this.stopped) this.timer = setTimeout(() => void this.tick(), nextMs);
      });
    return this.ticking;
  }

  /** One round; returns after how many ms the next is due. */
  private async round(): Promise<number> {
    const { store, coordinatorId, settings } = this.options;
    const [live] = await Promise.all([
      store.announceCoordinator({ coordinatorId, ttlMs: settings.leaseTtlMs }),
      this.renewAll(),
    ]);
    const fairShare = Math.ceil(store.partitions / Math.max(1, live));
    const freeInMs = await this.acquireUpTo(fairShare);
    const surplus = this.owned.filter((owner) => !this.releasing.has(owner.lease.partition)).slice(fairShare);
    await Promise.all(surplus.map((owner) => this.release(owner)));
    return Math.min(settings.renewEveryMs, freeInMs);
  }

  private async renewAll(): Promise<void> {
    await Promise.all(
      this.owned.map(async (owner) => {
        const news = await this.options.store.renewLease(owner.lease, this.options.settings.leaseTtlMs);
        if (news.outcome === "lease-lost") owner.abandon();
        else owner.heard(news);
      }),
    );
  }

  /** Tries every partition that is not owned here; returns when the next held lease may be free. */
  private async acquireUpTo(fairShare: number): Promise<number> {
    const { store, coordinatorId, settings, log } = this.options;
    let freeInMs = Number.POSITIVE_INFINITY;
    const wanted = Array.from({ length: store.partitions }, (_, partition) => partition).filter(
      (partition) => !this.owners.has(partition),
    );
    // Each coordinator begins elsewhere, so that they do not all reach for the same partitions.
    const start = Buffer.from(coordinatorId).reduce((sum, byte) => sum + byte, 0);
    wanted.sort((left, right) => ((left + start) % store.partitions) - ((right + start) % store.partitions));
    let room = fairShare - this.owners.size;
    while (room > 0 && wanted.length > 0 && !this.stopped) {
      const replies = await Promise.all(
        wanted
          .splice(0, room)
          .map((partition) => store.acquireLease({ partition, coordinatorId, ttlMs: settings.leaseTtlMs })),
      );
      for (const reply of replies) {
        if (reply.outcome === "held") {
          freeInMs = Math.min(freeInMs, reply.expiresInMs + 1);
          continue;
        }
        room--;
        this.begin(reply.lease);
        log.debug("partition acquired", { partition: reply.lease.partition, epoch: reply.lease.epoch });
      }
    }
    return freeInMs;
  }

  private begin(lease: Lease): void {
    const owner = this.options.own(lease);
    this.owners.set(lease.partition, owner);
    void owner.ended.then(async ({ leaseLost }) => {
      if (this.owners.get(lease.partition) === owner) this.owners.delete(lease.partition);
      // A loop that failed for another reason still holds the lease; giving it up lets anyone start afresh.
      if (!leaseLost) await this.options.store.releaseLease(lease).catch(() => undefined);
    });
  }

  private async release(owner: PartitionOwner): Promise<void> {
    const { partition } = owner.lease;
    this.releasing.add(partition);
    await owner.stop();
    await this.options.store.releaseLease(owner.lease).catch(() => undefined);
    this.owners.delete(partition);
    this.releasing.delete(partition);
  }
}
