import type { InboxPage, Lease, PartitionNews, QueryReply } from "@heddle/core";
import { CatchUp } from "./catch-up.js";
import { handleDueTimers } from "./due-timers.js";
import { LeaseLostError, owned } from "./lease-lost-error.js";
import type { OwnerSurroundings } from "./owner-surroundings.js";
import { PartitionRuns } from "./partition-runs.js";
import { StoreClock } from "./store-clock.js";
import { PartitionSchedules } from "./partition-schedules.js";
import { compareEntryIds } from "./stream-id.js";
import { WakeUp } from "./wake-up.js";

/**
 * The owner of one partition: reads its inbox, has its runs process it, commits their turns, fires its timers. One
 * loop, one call to the store at a time, so that the order of its writes is the order of its decisions.
 */
export class PartitionOwner {
  private readonly runs: PartitionRuns;
  private readonly schedules: PartitionSchedules;
  private readonly wakeUp = new WakeUp();
  private readonly catchUp = new CatchUp();
  /** Last inbox entry that was taken into memory. */
  private cursor = "0";
  private readonly clock: StoreClock;
  private nextDueMs: number | undefined;
  private codeAdded = false;
  private stopping = false;
  private lost = false;
  private over = false;
  /** Resolves when the loop has ended; tells whether the lease is another's. */
  readonly ended: Promise<{ leaseLost: boolean }>;

  constructor(
    readonly lease: Lease,
    private readonly around: OwnerSurroundings,
  ) {
    this.clock = new StoreClock(around.store.timeStandsStill === true);
    this.runs = new PartitionRuns(lease, around, {
      nowMs: () => this.clock.nowMs(),
      wake: () => this.wake(),
    });
    this.schedules = new PartitionSchedules(lease, around, () => this.wake());
    this.ended = this.run();
  }

  /** No schedule of the partition is being worked on. */
  get schedulesAtRest(): boolean {
    return this.schedules.isAtRest;
  }

  /** There may be something new for this partition. */
  wake(): void {
    this.wakeUp.notify();
  }

  /** What the renewal of the lease brought; also the slow poll that makes up for a lost wake-up. */
  heard(news: PartitionNews): void {
    this.note(news);
    if (compareEntryIds(news.newestEntry, this.cursor) > 0 || this.isTimerDue()) this.wake();
    else this.wakeUp.at(this.clock.msUntil(this.nextDueMs));
  }

  /** This process has more workflow code than before. */
  workflowsAdded(): void {
    this.codeAdded = true;
    this.wake();
  }

  /** The lease is another's, as far as its renewal knows. */
  abandon(): void {
    this.lost = true;
    this.wake();
  }

  /** Ends after what is in memory is committed. */
  async stop(): Promise<{ leaseLost: boolean }> {
    this.stopping = true;
    this.wake();
    return this.ended;
  }

  /** Answers from the state after every event that was accepted before the question. Rejects when not the owner. */
  async query(request: { workflowId: string; name: string; input: Uint8Array }): Promise<QueryReply> {
    const caughtUp = this.catchUp.wait();
    this.wake();
    await caughtUp;
    if (this.over) throw new LeaseLostError();
    const run = (await this.runs.find([request.workflowId])).get(request.workflowId);
    if (run === undefined) return { outcome: "closed" };
    await run.settled();
    if (run.isHeld) return this.whyHeld(request.workflowId);
    try {
      const answer = await run.query(request.name, request.input);
      if (answer === undefined) return { outcome: "closed" };
      return "known" in answer
        ? { outcome: "no-such-query", known: answer.known ?? [] }
        : { outcome: "answered", result: answer.result };
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return { outcome: "failed", name, message };
    }
  }

  private async whyHeld(workflowId: string): Promise<QueryReply> {
    const [loaded] = await this.around.store.loadRuns(this.lease, [workflowId]);
    if (loaded?.header.status === "suspended") return { outcome: "suspended" };
    if (loaded?.waitsForStart === true) {
      const startsAt = new Date(loaded.header.startAtMs ?? 0).toISOString();
      return { outcome: "held", reason: `it waits for its start at ${startsAt}` };
    }
    return { outcome: "held", reason: loaded?.header.heldReason ?? "no code for it" };
  }

  private async run(): Promise<{ leaseLost: boolean }> {
    try {
      await this.takeOver();
      await this.loop();
    } catch (error) {
      this.lost = error instanceof LeaseLostError;
      if (!this.lost) this.logFailure(error);
    } finally {
      this.over = true;
      this.runs.close();
      this.schedules.close();
      this.wakeUp.close();
      this.catchUp.end();
    }
    return { leaseLost: this.lost };
  }

  /** Each round gives every kind of work its turn, so that none waits for another to run dry. */
  private async loop(): Promise<void> {
    let page = await this.read();
    this.runs.inherit(page.newestEntry);
    while (!this.lost) {
      await this.runs.feed(page.entries);
      this.catchUp.reached(this.cursor);
      if (this.stopping) {
        // What is not committed by now stays in the inbox for the next owner.
        while (this.runs.hasTurnsToCommit) await this.commit();
        return;
      }
      if (this.codeAdded) await this.retryHeld();
      if (this.isTimerDue()) await this.fireDue();
      else if (page.entries.length === 0 && !this.runs.hasTurnsToCommit && !this.catchUp.isAsked) {
        await this.wakeUp.wait(this.clock.msUntil(this.nextDueMs));
      }
      page = this.runs.hasTurnsToCommit ? await this.commit() : await this.read();
    }
  }

  /** What an earlier owner may have left undone: tickets to relay, runs that this process has code for, schedules. */
  private async takeOver(): Promise<void> {
    await this.around.relay.sweep(this.lease);
    await this.retryHeld();
    await this.schedules.takeOver();
  }

  /** Runs whose events wait for code: this process may have it. */
  private async retryHeld(): Promise<void> {
    this.codeAdded = false;
    const held = owned(await this.around.store.heldRuns(this.lease));
    for (const workflowId of held) await this.runs.forget(workflowId);
    await this.runs.find(held);
  }

  private async read(): Promise<InboxPage> {
    const callEnded = this.catchUp.callBegins();
    const page = owned(await this.around.store.readInbox(this.lease, this.nextPage()));
    callEnded(page.newestEntry);
    return this.taken(page);
  }

  private async commit(): Promise<InboxPage> {
    const { store, observe, relay } = this.around;
    const callEnded = this.catchUp.callBegins();
    const { runs, turns } = this.runs.takeTurns();
    const details = { partition: this.lease.partition, count: turns.length };
    observe?.("coordinator.before-commit", details);
    const reply = owned(await store.commitTurns(this.lease, turns, this.nextPage()));
    observe?.("coordinator.committed", details);
    callEnded(reply.newestEntry);
    relay.add(this.lease, reply.outbox);
    await this.runs.settle(runs, reply.turns);
    return this.taken(reply);
  }

  private nextPage(): { after: string; limit: number } {
    return { after: this.cursor, limit: this.around.settings.pageSize };
  }

  private taken(page: InboxPage): InboxPage {
    this.note(page);
    const last = page.entries.at(-1);
    if (last !== undefined) this.cursor = last.entryId;
    return page;
  }

  private async fireDue(): Promise<void> {
    const result = owned(
      await handleDueTimers(this.around.store, this.lease, {
        random: this.around.random,
        newToken: this.around.newToken,
        ticketCheckMs: this.around.settings.ticketCheckMs,
        takeSchedules: (schedules) => this.schedules.take(schedules),
      }),
    );
    this.around.relay.add(this.lease, result.tickets);
    if (result.mayOweMore) await this.around.relay.sweep(this.lease);
    // The call that follows tells when the next timer is due.
    this.nextDueMs = undefined;
  }

  private note(news: PartitionNews): void {
    this.clock.note(news.nowMs);
    this.nextDueMs = news.nextDueMs;
  }

  private isTimerDue(): boolean {
    return this.nextDueMs !== undefined && this.nextDueMs <= this.clock.nowMs();
  }

  private logFailure(error: unknown): void {
    this.around.log.error("a partition's loop failed; its lease is given up", {
      partition: this.lease.partition,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
}
