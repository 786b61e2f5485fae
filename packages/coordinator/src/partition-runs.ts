import {
  leftovers,
  pendingWork,
  type InboxEntry,
  type Lease,
  type LoadedRun,
  type TurnCommit,
  type TurnReply,
} from "@heddle/core";
import { isClosedStatus } from "@heddle/protocol";
import { DEFAULT_RETENTION_MS, type AnyWorkflow } from "@heddle/workflow";
import { groupBy } from "./group-by.js";
import { owned } from "./lease-lost-error.js";
import { LiveRun, takesEntriesOf, type RunSurroundings } from "./live-run.js";
import { OffloadedValueReader } from "./offloaded-value-reader.js";
import type { OwnerSurroundings } from "./owner-surroundings.js";
import { compareEntryIds } from "./stream-id.js";

/** No further run joins a commit that has so many: one script writes them all, and Redis waits for it. */
const MAX_OFFLOADED_BYTES = 16 * 1024 * 1024;

/**
 * The live runs of one owned partition: found in memory or rebuilt, fed, collected for a commit, and reloaded when
 * they were changed from outside.
 */
export class PartitionRuns {
  /** Runs with something to commit or under way. */
  private readonly dirty = new Set<LiveRun>();
  /** Runs whose history cannot be processed, and why. */
  private readonly broken = new Map<string, string>();
  private readonly runSurroundings: RunSurroundings;
  private readonly values: OffloadedValueReader;
  private closed = false;
  private inheritedUpTo = "0";

  constructor(
    private readonly lease: Lease,
    private readonly around: OwnerSurroundings,
    private readonly owner: { nowMs(): number; wake(): void; mayOweMessages(): void },
  ) {
    this.values = new OffloadedValueReader(lease, around);
    this.runSurroundings = {
      maxPayloadBytes: around.settings.maxPayloadBytes,
      ticketCheckMs: around.settings.ticketCheckMs,
      createMachine: around.createMachine,
      newToken: around.newToken,
      nowMs: () => owner.nowMs(),
      readOffloaded: (run, valueId) => this.values.read(run, valueId),
      offloaded: ({ runId }, values) => {
        for (const { valueId, payload } of values) around.values.put(runId, valueId, payload);
      },
      becameDirty: (run) => this.noteState(run),
    };
  }

  get hasTurnsToCommit(): boolean {
    for (const run of this.dirty) if (run.canCommit) return true;
    return false;
  }

  /** Entries up to this one were accepted before the partition was owned: their runs may have been changed since. */
  inherit(newestEntry: string): void {
    this.inheritedUpTo = newestEntry;
  }

  /** Feeds a page to its runs, each in order, all of them side by side. */
  async feed(entries: readonly InboxEntry[]): Promise<void> {
    if (entries.length === 0) return;
    // What was closed or replaced from outside may have told its parent and its children.
    if (entries.some((entry) => entry.kind === "notice" || replaces(entry))) this.owner.mayOweMessages();
    const byRun = groupBy(entries, (entry) => entry.workflowId);
    for (const [workflowId, own] of byRun) {
      if (own.some((entry) => this.isStaleAfter(entry))) await this.forget(workflowId);
    }
    for (const own of byRun.values()) this.openNew(own);
    await this.deliver(byRun);
  }

  /** Gives entries to their runs as these are in memory or in Redis. */
  private async deliver(byRun: ReadonlyMap<string, readonly InboxEntry[]>): Promise<void> {
    const runs = await this.find([...byRun.keys()]);
    const work: Promise<void>[] = [];
    const strays: string[] = [];
    const misdelivered = new Map<string, readonly InboxEntry[]>();
    for (const [workflowId, own] of byRun) {
      const run = runs.get(workflowId);
      const mine: InboxEntry[] = [];
      const others: InboxEntry[] = [];
      for (const entry of own) (run?.takesEntriesOf(entry.runId) === true ? mine : others).push(entry);
      if (run !== undefined && mine.length > 0) work.push(this.feedRun(run, mine));
      if (run !== undefined && (await this.isOutOfDate(run, others))) misdelivered.set(workflowId, others);
      else strays.push(...others.map((entry) => entry.entryId));
    }
    await this.within(Promise.all(work));
    for (const workflowId of misdelivered.keys()) await this.forget(workflowId);
    if (misdelivered.size > 0) await this.deliver(misdelivered);
    // Of runs that are closed, replaced or purged.
    if (strays.length > 0) owned(await this.around.store.discardEntries(this.lease, strays));
    await this.letStepsEnd([...this.dirty]);
  }

  /** Whether entries are for the run that Redis has now: a query may have put an earlier one into memory. */
  private async isOutOfDate(run: LiveRun, entries: readonly InboxEntry[]): Promise<boolean> {
    if (entries.length === 0) return false;
    const [current] = await this.around.store.loadRuns(this.lease, [run.workflowId]);
    if (current === undefined || isClosedStatus(current.header.status)) return false;
    return entries.some((entry) => takesEntriesOf(current, entry.runId));
  }

  /** Takes the turns of the next commit; `settle` must follow with their replies. */
  takeTurns(): { readonly runs: readonly LiveRun[]; readonly turns: readonly TurnCommit[] } {
    const runs: LiveRun[] = [];
    let offloadedBytes = 0;
    for (const run of this.dirty) {
      if (runs.length === this.around.settings.turnsPerCommit || offloadedBytes >= MAX_OFFLOADED_BYTES) break;
      if (!run.canCommit) continue;
      offloadedBytes += run.offloadedBytes;
      runs.push(run);
    }
    for (const run of runs) this.dirty.delete(run);
    return { runs, turns: runs.map((run) => run.takeTurn()) };
  }

  async settle(runs: readonly LiveRun[], replies: readonly TurnReply[]): Promise<void> {
    for (const [index, run] of runs.entries()) {
      const reply = replies[index];
      if (reply?.outcome === "committed") run.committed(reply.historyLength);
      else if (reply?.outcome === "more-accepted") run.retryWithMore();
      else await this.reload(run);
      if (run.isClosed) this.around.cache.delete(run.workflowId);
      else this.noteState(run);
    }
    await this.letStepsEnd(runs);
  }

  /** The open ones of these runs, from memory or rebuilt. Held by the caller: the cache may evict them meanwhile. */
  async find(workflowIds: readonly string[]): Promise<Map<string, LiveRun>> {
    const runs = new Map<string, LiveRun>();
    for (const workflowId of workflowIds) {
      const run = this.cached(workflowId);
      if (run !== undefined) runs.set(workflowId, run);
    }
    const missing = workflowIds.filter((workflowId) => !runs.has(workflowId));
    for (const run of await this.load(missing)) runs.set(run.workflowId, run);
    return runs;
  }

  /** Drops what memory has of a run and rebuilds it. */
  async forget(workflowId: string): Promise<void> {
    const run = this.cached(workflowId);
    if (run !== undefined) await this.reload(run);
  }

  close(): void {
    this.closed = true;
    this.values.close();
    this.around.cache.dropPartition(this.lease.partition);
  }

  /** The run in memory was changed from outside, or a new run has taken its workflow id. */
  private isStaleAfter(entry: InboxEntry): boolean {
    if (entry.kind === "notice") return true;
    const cached = this.cached(entry.workflowId);
    return cached !== undefined && !cached.takesEntriesOf(entry.runId);
  }

  private async feedRun(run: LiveRun, entries: readonly InboxEntry[]): Promise<void> {
    const done = run.feed(entries);
    // Busy from here on, so it is kept; it may have been evicted since it was looked up.
    if (!this.closed) this.around.cache.settle(this.lease.partition, run);
    this.noteState(run);
    try {
      await done;
      this.noteState(run);
    } catch (error) {
      if (this.closed) return;
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

  /** One turn of the event loop lets inline steps that end at once into the same commit. */
  private async letStepsEnd(runs: readonly LiveRun[]): Promise<void> {
    if (runs.some((run) => run.hasRunningSteps)) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Drops a run that changed outside and feeds what no commit has taken to its new state. */
  private async reload(run: LiveRun): Promise<void> {
    const { cache, store, relay } = this.around;
    this.dirty.delete(run);
    cache.delete(run.workflowId);
    const untaken = new Set(run.drop());
    // A commit whose reply was lost has consumed its entries: only what the inbox still has is fed again.
    const present = new Set(await store.entriesPresent(this.lease, [...untaken]));
    // Tickets of such a commit are known to the outbox alone.
    await relay.sweep(this.lease);
    this.owner.mayOweMessages();
    const entries = present.size === 0 ? [] : await this.readAgain(run.workflowId, present);
    if (entries.length > 0) await this.deliver(new Map([[run.workflowId, entries]]));
    const current = (await this.find([run.workflowId])).get(run.workflowId);
    if (current !== undefined && current.runId !== run.runId) await this.clearReplaced(run);
  }

  /** The history that names what a replaced run had pending is gone; what is in memory knows it. */
  private async clearReplaced(run: LiveRun): Promise<void> {
    const { workflowId, runId, pending } = run;
    // A closed run that was replaced needs no purge time, so its retention does not matter.
    await this.around.store.clearClosedRun(this.lease, { workflowId, runId, ...pending, retentionMs: 0 });
  }

  /** What a reset has replaced must not go on beside it. Again until the reset is carried out, and only then. */
  private async clearReset(run: LoadedRun | undefined): Promise<void> {
    if (run?.cutOff === undefined) return;
    const { records, cutOff, header } = run;
    const { workflowId } = header;
    for (const replaced of leftovers({ records, cutOff })) {
      await this.around.store.clearClosedRun(this.lease, { workflowId, ...replaced, retentionMs: 0 });
    }
  }

  private async readAgain(workflowId: string, wanted: ReadonlySet<string>): Promise<InboxEntry[]> {
    const found: InboxEntry[] = [];
    for (let after = "0"; ;) {
      const limit = this.around.settings.pageSize;
      const { entries } = owned(await this.around.store.readInbox(this.lease, { after, limit }));
      found.push(...entries.filter((entry) => entry.workflowId === workflowId && wanted.has(entry.entryId)));
      const last = entries.at(-1);
      if (last === undefined || found.length === wanted.size) return found;
      after = last.entryId;
    }
  }

  private async load(workflowIds: readonly string[]): Promise<readonly LiveRun[]> {
    if (workflowIds.length === 0) return [];
    const { store, registry } = this.around;
    const runs: LiveRun[] = [];
    const loaded = await store.loadRuns(this.lease, workflowIds);
    // Not within the budget of the turns: entries of a run that is not found in time would be strays.
    for (const run of loaded) await this.clearReset(run);
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
        const retentionMs = registry.find(type, version)?.retentionMs ?? DEFAULT_RETENTION_MS;
        const { activities, timers } = pendingWork(run.records);
        await store.clearClosedRun(this.lease, { workflowId, runId, activities, timers, retentionMs });
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
    if (first?.kind !== "started") return;
    // It may have been suspended or terminated since, and then not one step of it may run.
    if (compareEntryIds(first.entryId, this.inheritedUpTo) <= 0) return;
    if (rest.some((entry) => entry.runId !== first.runId || entry.kind === "notice")) return;
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

  private cached(workflowId: string): LiveRun | undefined {
    return this.around.cache.get(workflowId);
  }

  /** Files a run by what it has to do now. One that was dropped or replaced meanwhile is of no interest. */
  private noteState(run: LiveRun): void {
    if (this.closed || this.cached(run.workflowId) !== run) return;
    this.around.cache.settle(this.lease.partition, run);
    if (run.isIdle) this.dirty.delete(run);
    else this.dirty.add(run);
    if (run.canCommit) this.owner.wake();
  }
}

/** A start that took the place of another run. */
function replaces({ kind, extra }: InboxEntry): boolean {
  return kind === "start-delayed" || (kind === "started" && extra !== "");
}
