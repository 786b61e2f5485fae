import { deliverMessage, type Lease, type Message, type MessageTargets, type OwnerStore } from "@heddle/core";
import { HeddleError } from "@heddle/protocol";
import type { Log } from "@heddle/workflow";
import { groupBy } from "./group-by.js";
import type { CoordinatorObserver } from "./options.js";

const PAGE = 100;
/** How long a page waits for its slowest target before the next one is read. */
const PAGE_BUDGET_MS = 200;
/** How long a delivery may be on its way; shorter than its answer is remembered once it is settled. */
const DELIVERY_WINDOW_MS = 20_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

interface RelayParts {
  readonly store: OwnerStore & MessageTargets;
  readonly log: Log;
  readonly observe: CoordinatorObserver | undefined;
}

/**
 * Brings the messages of one owned partition to their targets. Those of one target go one by one, in the order of the
 * outbox; targets do not wait for each other. A message leaves the outbox in the step that tells its sender, so a crash
 * before that makes the next owner deliver it again, which the target answers as it did and does nothing else.
 */
export class MessageRelay {
  /** Targets with a delivery under way. */
  private readonly busy = new Set<string>();
  /** Targets of which a message was passed over: those behind it wait until the outbox is read from its start. */
  private readonly blocked = new Set<string>();
  /** Everything up to this entry was looked at. */
  private cursor = "0";
  private hasNews = false;
  /** Something was passed over: the next round begins with the oldest message. */
  private passedOver = false;
  private working: Promise<void> | undefined;
  private readonly underWay = new Set<Promise<void>>();
  private retry: NodeJS.Timeout | undefined;
  private retryMs = FIRST_RETRY_MS;
  private stopped = false;

  constructor(
    private readonly lease: Lease,
    private readonly parts: RelayParts,
  ) {}

  /** There may be new messages in the outbox. */
  nudge(): void {
    this.hasNews = true;
    this.start();
  }

  /** There may be messages that this relay has passed over, or does not know of. */
  lookAgain(): void {
    this.passedOver = true;
    this.start();
  }

  /** Begins nothing more; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retry);
    await this.working;
    await Promise.all(this.underWay);
  }

  private start(): void {
    if (this.stopped || this.working !== undefined) return;
    this.working = this.workOff()
      .catch((error: unknown) => this.tryLater(asError(error)))
      .finally(() => {
        this.working = undefined;
        // It came while the last round was ending.
        if (this.hasNews || this.passedOver) this.start();
      });
  }

  private async workOff(): Promise<void> {
    while ((this.hasNews || this.passedOver) && !this.stopped) {
      if (this.passedOver) {
        this.cursor = "0";
        this.blocked.clear();
      }
      this.hasNews = false;
      this.passedOver = false;
      await this.readToEnd();
    }
  }

  private async readToEnd(): Promise<void> {
    for (;;) {
      const page = await this.parts.store.readMessages(this.lease, { after: this.cursor, limit: PAGE });
      if (page.outcome === "lease-lost") {
        this.stopped = true;
        return;
      }
      const last = page.messages.at(-1);
      if (last === undefined || this.stopped) return;
      this.cursor = last.entryId;
      await this.relay(page.messages, page.nowMs + DELIVERY_WINDOW_MS);
      if (page.messages.length < PAGE) return;
    }
  }

  private async relay(messages: readonly Message[], notAfterMs: number): Promise<void> {
    const chains: Promise<void>[] = [];
    for (const [target, own] of groupBy(messages, (message) => message.target)) {
      if (this.blocked.has(target)) continue;
      if (this.busy.has(target)) {
        this.blocked.add(target);
        continue;
      }
      this.busy.add(target);
      const chain = this.relayTo(target, own, notAfterMs).finally(() => this.underWay.delete(chain));
      this.underWay.add(chain);
      chains.push(chain);
    }
    let timer: NodeJS.Timeout | undefined;
    const budget = new Promise((resolve) => {
      timer = setTimeout(resolve, PAGE_BUDGET_MS);
    });
    await Promise.race([Promise.all(chains), budget]);
    clearTimeout(timer);
  }

  /** Delivers to one target, in order, as far as it takes them. Never rejects. */
  private async relayTo(target: string, messages: readonly Message[], notAfterMs: number): Promise<void> {
    try {
      for (const message of messages) {
        if (this.stopped) return;
        const reply = await deliverMessage(this.parts.store, message, notAfterMs);
        if (reply.outcome === "later") {
          this.blocked.add(target);
          this.tryLater();
          return;
        }
        const details = { partition: this.lease.partition, count: 1 };
        this.parts.observe?.("coordinator.message-delivered", details);
        const done = await this.parts.store.messageDone(this.lease, message, reply.receipt);
        if (done.outcome === "lease-lost") {
          this.stopped = true;
          return;
        }
        this.parts.observe?.("coordinator.message-done", details);
        this.retryMs = FIRST_RETRY_MS;
      }
      // More for it was passed over meanwhile.
      if (this.blocked.has(target)) this.lookAgain();
    } catch (error) {
      this.blocked.add(target);
      this.tryLater(asError(error));
    } finally {
      this.busy.delete(target);
    }
  }

  /** What was not delivered stays in the outbox; after a while everything there is looked at again. */
  private tryLater(error?: Error): void {
    if (this.stopped) return;
    if (error !== undefined) {
      const isOutage = error instanceof HeddleError && error.retryable;
      this.parts.log[isOutage ? "warn" : "error"](
        "messages to other runs could not be relayed; trying again",
        {
          partition: this.lease.partition,
          error: error.stack ?? error.message,
        },
      );
    }
    if (this.retry !== undefined) return;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.lookAgain();
    }, this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
