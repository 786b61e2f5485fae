import {
  pendingWork,
  type InboxEntry,
  type InboxPage,
  type Lease,
  type OwnerStore,
  type PartitionNews,
  type QueryReply,
} from "@heddle/core";
import { DEFAULT_RETENTION_MS, type AnyWorkflow, type Log } from "@heddle/workflow";
import { isClosedStatus } from "@heddle/protocol";
import { handleDueTimers } from "./due-timers.js";
import { groupBy } from "./group-by.js";
import { LiveRun, type RunSurroundings } from "./live-run.js";
import type { CoordinatorObserver, CoordinatorSettings } from "./options.js";
import type { OutboxRelay } from "./outbox-relay.js";
import type { RunCache } from "./run-cache.js";
import { compareEntryIds } from "./stream-id.js";
import { WakeUp } from "./wake-up.js";
import type { WorkflowRegistry } from "./workflow-registry.js";

/** What all partitions of a process share. */
export interface OwnerSurroundings {
  readonly store: OwnerStore;
  readonly registry: WorkflowRegistry;
  readonly cache: RunCache;
  readonly relay: OutboxRelay;
  readonly settings: CoordinatorSettings;
  readonly log: Log;
  readonly observe: CoordinatorObserver | undefined;
  readonly createMachine: RunSurroundings["createMachine"];
  readonly newToken: () => string;
  readonly random: () => number;
}

/** Signals that the lease is another's: nothing of this partition may be done any more. */
class LeaseLostError extends Error {}

/**
 * The owner of one partition: reads its inbox, runs turns, commits them, fires its timers. One loop, one call to
 * the store at a time, so that the order of its writes is the order of its decisions.
 */
export class PartitionOwner {
  /** Last inbox entry that was taken into memory. */
  private cursor = "0";
  private readonly dirty = new Set<LiveRun>();
  private readonly wakeUp = new WakeUp();
  /** Redis time minus this process's monotonic clock, from the newest reply. */
  private clockOffsetMs = 0;
  private nextDueMs: number | undefined;
  private stopping = false;
  private lost = false;
  private over = false;
  /** Who waits for a read that begins from now on, and who for one that has begun. */
  private waitingForRead: (() => void)[] = [];
  private waitingForCommit: (() => void)[] = [];
  private codeAdded = false;
  /** Runs whose code failed in a way that is neither theirs nor a nondeterminism, and why. */
  private readonly broken = new Map<string, string>();
  private readonly runSurroundings: RunSurroundings;
  /** Resolves when the loop has ended; tells whether the lease is still ours. */
  readonly ended: Promise<{ leaseLost: boolean }>;

  constructor(
    readonly lease: Lease,
    private readonly around: OwnerSurroundings,
  ) {
    this.runSurroundings = {
      maxPayloadBytes: around.settings.maxPayloadBytes,
      ticketCheckMs: around.settings.ticketCheckMs,
      createMachine: around.createMachine,
      newToken: around.newToken,
      nowMs: () => this.redisNowMs(),
      becameDirty: (run) => this.noteState(run),
    };
    this.ended = this.run();
  }

  /** The store has something new for this partition. */
  wake(): void {
    this.wakeUp.notify();
  }

  /** What the renewal of the lease brought; also the slow poll that makes up for a lost wake-up. */
  heard(news: PartitionNews): void {
    this.note(news);
    if (compareEntryIds(news.newestEntry, this.cursor) > 0 || this.isTimerDue()) this.wake();
    else this.wakeUp.at(this.msUntilDue());
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
    await this.caughtUp();
    if (this.over) throw new LeaseLostError();
    const run = (await this.liveRuns([request.workflowId])).get(request.workflowId);
    if (run === undefined) return { outcome: "closed" };
    await run.settled();
    if (run.isHeld) {
      const [loaded] = await this.around.store.loadRuns(this.lease, [request.workflowId]);
      if (loaded?.header.status === "suspended") return { outcome: "suspended" };
      return { outcome: "held", reason: loaded?.header.heldReason ?? "no code for it" };
    }
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

  private async run(): Promise<{ leaseLost: boolean }> {
    try {
      await this.takeOver();
      let page = await this.read();
      while (!this.lost) {
        await this.feed(page.entries);
        if (this.stopping) {
          // What is not committed by now stays in the inbox for the next owner.
          while (this.hasTurnsToCommit()) await this.commit();
          break;
        }
        if (this.hasTurnsToCommit()) {
          page = await this.commit();
        } else if (this.isTimerDue()) {
          await this.fireDue();
          page = await this.read();
        } else if (page.entries.length > 0) {
          page = await this.read();
        } else if (this.codeAdded) {
          await this.retryHeld();
        } else {
          this.passWaiting();
          if (this.waitingForRead.length === 0) await this.wakeUp.wait(this.msUntilDue());
          // An inline step that ended needs a commit, which reads as well.
          if (!this.hasTurnsToCommit() || this.waitingForRead.length > 0) page = await this.read();
        }
      }
    } catch (error) {
      if (!(error instanceof LeaseLostError)) {
        this.around.log.error("a partition's loop failed; its lease is given up", {
          partition: this.lease.partition,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      }
      this.lost = error instanceof LeaseLostError;
    } finally {
      this.over = true;
      this.around.cache.dropPartition(this.lease.partition);
      this.wakeUp.close();
      this.waitingForCommit.push(...this.waitingForRead);
      this.passWaiting();
    }
    return { leaseLost: this.lost };
  }

  /** What an earlier owner may have left undone: tickets to relay, and runs that this process has code for. */
  private async takeOver(): Promise<void> {
    await this.around.relay.sweep(this.lease);
    await this.retryHeld();
  }

  /** Runs whose events wait for code: this process may have it. */
  private async retryHeld(): Promise<void> {
    this.codeAdded = false;
    const held = await this.around.store.heldRuns(this.lease);
    if ("outcome" in held) throw new LeaseLostError();
    for (const workflowId of held) await this.forget(workflowId);
    await this.loadMany(held);
  }

  private async read(): Promise<InboxPage> {
    this.waitingForCommit.push(...this.waitingForRead);
    this.waitingForRead = [];
    const page = await this.around.store.readInbox(this.lease, {
      after: this.cursor,
      limit: this.around.settings.pageSize,
    });
    if (page.outcome === "lease-lost") throw new LeaseLostError();
    this.note(page);
    return this.advanceCursor(page);
  }

  private advanceCursor<Page extends InboxPage>(page: Page): Page {
    const last = page.entries.at(-1);
    if (last !== undefined) this.cursor = last.entryId;
    return page;
  }

  /** Feeds a page to its runs, each in order, all of them side by side. */
  private async feed(entries: readonly InboxEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const byRun = groupBy(entries, (entry) => entry.workflowId);
    for (const [workflowId, own] of byRun) {
      if (own.some((entry) => this.isStaleAfter(entry))) await this.forget(workflowId);
    }
    for (const own of byRun.values()) this.openNew(own);
    const runs = await this.liveRuns([...byRun.keys()]);
    const work: Promise<void>[] = [];
    const strays: string[] = [];
    for (const [workflowId, own] of byRun) {
      const run = runs.get(workflowId);
      const mine: InboxEntry[] = [];
      for (const entry of own) {
        if (entry.runId === run?.runId) mine.push(entry);
        else strays.push(entry.entryId);
      }
      if (run !== undefined && mine.length > 0) work.push(this.feedRun(run, mine));
    }
    await this.within(Promise.all(work));
    if (strays.length > 0) await this.discard(strays);
    // One turn of the event loop lets inline steps that end at once into the same commit.
    if ([...this.dirty].some((run) => run.hasRunningSteps))
      await new Promise((resolve) => setImmediate(resolve));
  }

  /** The run in memory was changed from outside, or a new run has taken its workflow id. */
  private isStaleAfter(entry: InboxEntry): boolean {
    if (entry.kind === "notice") return true;
    return entry.kind === "started" && this.cached(entry.workflowId)?.runId !== entry.runId;
  }

  private async feedRun(run: LiveRun, entries: readonly InboxEntry[]): Promise<void> {
    const done = run.feed(entries);
    // Busy from here on, so it is kept; it may have been evicted since it was looked up.
    if (!this.over) this.around.cache.settle(this.lease.partition, run);
    this.noteState(run);
    try {
      await done;
      this.noteState(run);
    } catch (error) {
      this.broken.set(run.workflowId, `its history cannot be processed: ${String(error)}`);
      await this.reload(run);
    }
  }

  /** Code that awaits something else than `ctx` must not hold up the partition: its turn is committed later. */
  private async within(work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const budget = new Promise((resolve) => {
      timer = setTimeout(resolve, this.around.settings.turnBudgetMs);
    });
    await Promise.race([work, budget]);
    clearTimeout(timer);
  }

  private async commit(): Promise<InboxPage> {
    const { settings, store, observe } = this.around;
    const runs = [...this.dirty].filter((run) => run.canCommit).slice(0, settings.turnsPerCommit);
    for (const run of runs) this.dirty.delete(run);
    const turns = runs.map((run) => run.takeTurn());
    const details = { partition: this.lease.partition, count: turns.length };
    observe?.("coordinator.before-commit", details);
    const reply = await store.commitTurns(this.lease, turns, {
      after: this.cursor,
      limit: settings.pageSize,
    });
    if (reply.outcome === "lease-lost") throw new LeaseLostError();
    observe?.("coordinator.committed", details);
    this.note(reply);
    this.around.relay.add(this.lease, reply.outbox);
    for (const [index, run] of runs.entries()) {
      const turn = reply.turns[index];
      if (turn?.outcome === "committed") run.committed(turn.historyLength);
      else if (turn?.outcome === "more-accepted") run.retryWithMore();
      else await this.reload(run);
      if (turn?.outcome === "changed") continue;
      if (run.isClosed) this.around.cache.delete(this.lease.partition, run.workflowId);
      else this.noteState(run);
    }
    if (runs.some((run) => run.hasRunningSteps)) await new Promise((resolve) => setImmediate(resolve));
    return this.advanceCursor(reply);
  }

  /** Drops a run that changed outside and feeds what no commit has taken to its new state. */
  private async reload(run: LiveRun): Promise<void> {
    this.dirty.delete(run);
    this.around.cache.delete(this.lease.partition, run.workflowId);
    const untaken = new Set(run.drop());
    // A commit whose reply was lost has consumed its entries: only what the inbox still has is fed again.
    const present = new Set(await this.around.store.entriesPresent(this.lease, [...untaken]));
    // Tickets of such a commit are known to the outbox alone.
    await this.around.relay.sweep(this.lease);
    if (present.size > 0) await this.feed(await this.readAgain(run.workflowId, present));
    const current = (await this.liveRuns([run.workflowId])).get(run.workflowId);
    if (current !== undefined && current.runId !== run.runId) await this.clearReplaced(run);
  }

  /** The history that names what a replaced run had pending is gone; what is in memory knows it. */
  private async clearReplaced(run: LiveRun): Promise<void> {
    const { workflowId, runId, pending } = run;
    // A closed run that was replaced needs no purge time, so its retention does not matter.
    await this.around.store.clearClosedRun(this.lease, { workflowId, runId, ...pending, retentionMs: 0 });
  }

  private async readAgain(workflowId: string, wanted: ReadonlySet<string>): Promise<InboxEntry[]> {
    const found: InboxEntry[] = [];
    let after = "0";
    for (;;) {
      const page = await this.around.store.readInbox(this.lease, {
        after,
        limit: this.around.settings.pageSize,
      });
      if (page.outcome === "lease-lost") throw new LeaseLostError();
      found.push(
        ...page.entries.filter((entry) => entry.workflowId === workflowId && wanted.has(entry.entryId)),
      );
      const last = page.entries.at(-1);
      if (last === undefined || found.length === wanted.size) return found;
      after = last.entryId;
    }
  }

  private async forget(workflowId: string): Promise<void> {
    const run = this.cached(workflowId);
    if (run !== undefined) await this.reload(run);
  }

  /** The open ones of these runs, from memory or rebuilt. Held by the caller: the cache may evict them meanwhile. */
  private async liveRuns(workflowIds: readonly string[]): Promise<Map<string, LiveRun>> {
    const runs = new Map<string, LiveRun>();
    for (const workflowId of workflowIds) {
      const run = this.cached(workflowId);
      if (run !== undefined) runs.set(workflowId, run);
    }
    const missing = workflowIds.filter((workflowId) => !runs.has(workflowId));
    for (const run of await this.loadMany(missing)) runs.set(run.workflowId, run);
    return runs;
  }

  private async loadMany(workflowIds: readonly string[]): Promise<readonly LiveRun[]> {
    if (workflowIds.length === 0) return [];
    const runs: LiveRun[] = [];
    const loaded = await this.around.store.loadRuns(this.lease, workflowIds);
    const work = loaded.map(async (run) => {
      if (run === undefined) return;
      // A query and the loop may load the same run at once: the first one counts.
      const known = this.cached(run.header.workflowId);
      if (known !== undefined) {
        runs.push(known);
        return;
      }
      const { workflowId, runId, type, version, status } = run.header;
      if (isClosedStatus(status)) {
        const retentionMs = this.around.registry.find(type, version)?.retentionMs ?? DEFAULT_RETENTION_MS;
        const { activities, timers } = pendingWork(run.records);
        await this.around.store.clearClosedRun(this.lease, {
          workflowId,
          runId,
          activities,
          timers,
          retentionMs,
        });
        return;
      }
      const live = LiveRun.open(run, this.codeFor(workflowId, type, version), this.runSurroundings);
      runs.push(live);
      await this.feedRun(live, []);
    });
    await this.within(Promise.all(work));
    return runs;
  }

  /** A run whose first event this is has no history to read. If it was changed meanwhile, its commit is refused. */
  private openNew([first, ...rest]: readonly InboxEntry[]): void {
    if (first?.kind !== "started" || rest.some((entry) => entry.runId !== first.runId)) return;
    const { workflowId, runId, name: type, atMs } = first;
    if (this.cached(workflowId) !== undefined) return;
    const header = {
      ...{ workflowId, runId, type, version: undefined, status: "pending" as const, heldReason: undefined },
      ...{ createdAtMs: atMs, updatedAtMs: atMs, historyLength: 0, accepted: 1, processed: 0 },
    };
    const fresh = { header, cancelRequested: false, records: [] };
    const run = LiveRun.open(fresh, this.codeFor(workflowId, type, undefined), this.runSurroundings);
    this.around.cache.settle(this.lease.partition, run);
  }

  private codeFor(
    workflowId: string,
    type: string,
    version: string | undefined,
  ): { workflow: AnyWorkflow } | { missing: string } {
    const broken = this.broken.get(workflowId);
    if (broken !== undefined) return { missing: broken };
    const workflow = this.around.registry.find(type, version);
    return workflow === undefined
      ? { missing: this.around.registry.explainMissing(type, version) }
      : { workflow };
  }

  private async fireDue(): Promise<void> {
    const result = await handleDueTimers(this.around.store, this.lease, {
      random: this.around.random,
      newToken: this.around.newToken,
      ticketCheckMs: this.around.settings.ticketCheckMs,
    });
    if (result.outcome === "lease-lost") throw new LeaseLostError();
    this.around.relay.add(this.lease, result.tickets);
    // The next read tells when the next timer is due.
    if (!result.more) this.nextDueMs = undefined;
  }

  private async discard(entryIds: readonly string[]): Promise<void> {
    const reply = await this.around.store.discardEntries(this.lease, entryIds);
    if (reply.outcome === "lease-lost") throw new LeaseLostError();
  }

  private cached(workflowId: string): LiveRun | undefined {
    return this.around.cache.get(this.lease.partition, workflowId);
  }

  /** Files a run by what it has to do now. One that was dropped or replaced meanwhile is of no interest. */
  private noteState(run: LiveRun): void {
    if (this.over || this.cached(run.workflowId) !== run) return;
    this.around.cache.settle(this.lease.partition, run);
    if (run.isIdle) this.dirty.delete(run);
    else this.dirty.add(run);
    if (run.canCommit) this.wake();
  }

  private hasTurnsToCommit(): boolean {
    for (const run of this.dirty) if (run.canCommit) return true;
    return false;
  }

  /** Resolves when everything that was accepted before the call is processed and committed. */
  private caughtUp(): Promise<void> {
    return new Promise((resolve) => {
      this.waitingForRead.push(resolve);
      this.wake();
    });
  }

  private passWaiting(): void {
    for (const pass of this.waitingForCommit.splice(0)) pass();
  }

  private note(news: PartitionNews): void {
    this.clockOffsetMs = news.nowMs - performance.now();
    this.nextDueMs = news.nextDueMs;
  }

  private redisNowMs(): number {
    return Math.floor(performance.now() + this.clockOffsetMs);
  }

  private isTimerDue(): boolean {
    return this.nextDueMs !== undefined && this.nextDueMs <= this.redisNowMs();
  }

  private msUntilDue(): number | undefined {
    // One more, because the estimate of the Redis clock may run a little ahead.
    return this.nextDueMs === undefined ? undefined : Math.max(0, this.nextDueMs - this.redisNowMs()) + 1;
  }
}
