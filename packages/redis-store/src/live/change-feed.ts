import type { ChangeReader, ChangesReply, StoredChange } from "@heddle/core";
import { ShutDownError } from "@heddle/protocol";
import { isRetryable } from "../redis-failure.js";
import type { StoreContext } from "../store-context.js";
import { compareEntryIds } from "./entry-id.js";
import { delay } from "./delay.js";
import { endsOfFeeds, readChanges } from "./read-changes.js";

/** How often the feeds are looked at while somebody watches; with nobody, never. */
const LOOK_EVERY_MS = 250;
const RETRY_MS = 1_000;
/** Newest changes that all readers share. Who is behind them reads from Redis by itself until it has caught up. */
const MOST_SHARED = 10_000;
const MOST_AT_ONCE = 500;

/**
 * Everybody in this process who watches changes. One loop reads the feeds for all of them, without a connection of its
 * own and without blocking one: feeds of different slots could not be waited for by one call.
 */
export class ChangeFeed {
  private shared: StoredChange[] = [];
  /** Place of the first shared change among all that were ever shared. */
  private first = 0;
  private readers = 0;
  private started: Promise<void> | undefined;
  private readonly closed = new AbortController();
  private readonly sleepers = new Set<() => void>();

  constructor(private readonly context: StoreContext) {}

  /** `after`: place of a reader before; without it, from now on. */
  async open(after: readonly string[] | undefined): Promise<ChangeReader> {
    this.readers += 1;
    const close = (): void => {
      this.readers -= 1;
      this.wakeAll();
    };
    try {
      await this.start();
      const at = this.end;
      const place = after ?? (await endsOfFeeds(this.context));
      return new SharedReader(this, { place, at: after === undefined ? at : undefined }, close);
    } catch (error) {
      close();
      throw error;
    }
  }

  close(): void {
    this.closed.abort(new ShutDownError("stopped watching: the store is closed"));
    this.wakeAll();
  }

  get end(): number {
    return this.first + this.shared.length;
  }

  /** Undefined when some of them are not shared any more. */
  sharedSince(at: number): readonly StoredChange[] | undefined {
    if (at < this.first) return undefined;
    return this.shared.slice(at - this.first, at - this.first + MOST_AT_ONCE);
  }

  async read(place: readonly string[], signal: AbortSignal | undefined) {
    for (;;) {
      this.throwIfOver(signal);
      try {
        return await readChanges(this.context, place);
      } catch (error) {
        if (!isRetryable(error)) throw error;
        await delay(RETRY_MS, signal ?? this.closed.signal);
      }
    }
  }

  ends(): Promise<readonly string[]> {
    return endsOfFeeds(this.context);
  }

  /** Resolves when something is shared behind `at`, or nothing can be any more. */
  async news(at: number, signal: AbortSignal | undefined): Promise<void> {
    while (this.end === at) {
      this.throwIfOver(signal);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.sleepers.delete(wake);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        this.sleepers.add(wake);
        signal?.addEventListener("abort", wake, { once: true });
      });
    }
    this.throwIfOver(signal);
  }

  private throwIfOver(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    this.closed.signal.throwIfAborted();
  }

  private wakeAll(): void {
    for (const wake of [...this.sleepers]) wake();
  }

  /** Resolves when whatever happens from now on will be shared. */
  private async start(): Promise<void> {
    this.throwIfOver(undefined);
    this.started ??= endsOfFeeds(this.context).then((place) => void this.share(place));
    try {
      await this.started;
    } catch (error) {
      this.started = undefined;
      throw error;
    }
  }

  private async share(from: readonly string[]): Promise<void> {
    let place = from;
    while (this.readers > 0 && !this.closed.signal.aborted) {
      let hasMore = false;
      try {
        const read = await readChanges(this.context, place);
        if (read.isLost) {
          place = await endsOfFeeds(this.context);
          this.forgetShared();
        } else {
          this.add(read.changes);
          ({ place, hasMore } = read);
        }
      } catch {
        // An outage; readers wait it out with us.
      }
      if (!hasMore) await delay(LOOK_EVERY_MS, this.closed.signal).catch(() => undefined);
    }
    this.started = undefined;
    this.forgetShared();
  }

  private add(changes: readonly StoredChange[]): void {
    if (changes.length === 0) return;
    this.shared.push(...changes);
    const surplus = this.shared.length - MOST_SHARED;
    if (surplus > 0) {
      this.shared = this.shared.slice(surplus);
      this.first += surplus;
    }
    this.wakeAll();
  }

  /** Readers look into Redis, where each learns for itself what it has missed. */
  private forgetShared(): void {
    this.first = this.end + 1;
    this.shared = [];
    this.wakeAll();
  }
}

/** One who watches: its place by partition and, while it keeps up, its place among what is shared. */
class SharedReader implements ChangeReader {
  private place: readonly string[];
  private at: number | undefined;
  private isClosed = false;

  constructor(
    private readonly feed: ChangeFeed,
    from: { readonly place: readonly string[]; readonly at: number | undefined },
    private readonly onClose: () => void,
  ) {
    this.place = from.place;
    this.at = from.at;
  }

  get start(): readonly string[] {
    return this.place;
  }

  async next(signal?: AbortSignal): Promise<ChangesReply> {
    for (;;) {
      const changes =
        this.at === undefined ? await this.fromRedis(signal) : await this.fromShared(this.at, signal);
      if (changes === "lost") return { outcome: "lost", place: this.place };
      if (changes.length > 0) return { outcome: "changes", changes, place: this.place };
    }
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onClose();
  }

  private async fromShared(at: number, signal: AbortSignal | undefined): Promise<readonly StoredChange[]> {
    await this.feed.news(at, signal);
    const shared = this.feed.sharedSince(at);
    if (shared === undefined) {
      this.at = undefined;
      return [];
    }
    this.at = at + shared.length;
    // What it read from Redis itself, while it caught up, is among them.
    const fresh = shared.filter(
      (change) => compareEntryIds(change.entryId, this.placeIn(change.partition)) > 0,
    );
    const place = [...this.place];
    for (const { partition, entryId } of fresh) place[partition] = entryId;
    this.place = place;
    return fresh;
  }

  private async fromRedis(signal: AbortSignal | undefined): Promise<readonly StoredChange[] | "lost"> {
    // Before the read, so that what comes between the two is found among what is shared.
    const at = this.feed.end;
    const read = await this.feed.read(this.place, signal);
    if (read.isLost) {
      this.place = await this.feed.ends();
      this.at = at;
      return "lost";
    }
    this.place = read.place;
    if (!read.hasMore) this.at = at;
    return read.changes;
  }

  private placeIn(partition: number): string {
    return this.place[partition] ?? "0-0";
  }
}
