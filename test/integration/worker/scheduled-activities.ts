// A coordinator's part, by hand: commits turns that schedule activities, so that a worker is tested without one.
import { randomBytes } from "node:crypto";
import type { ActivityTicket, InboxEntry, Lease, StoredActivity, TaskQueue } from "@heddle/core";
import { encodeHistoryRecord, encodePayload } from "@heddle/protocol";
import { createRedisStore, type RedisStore } from "@heddle/redis-store";
import type { AnyActivity } from "@heddle/workflow";
import { waitFor } from "@heddle/testkit";

const PAGE = { after: "0", limit: 1_000 };

export class ScheduledActivities {
  readonly store: RedisStore;
  readonly #lease: Lease;
  readonly #taskQueue: TaskQueue;

  private constructor(store: RedisStore, lease: Lease, taskQueue: TaskQueue) {
    this.store = store;
    this.#lease = lease;
    this.#taskQueue = taskQueue;
  }

  static async open(options: {
    url: string;
    namespace: string;
    taskQueue: TaskQueue;
  }): Promise<ScheduledActivities> {
    const { url, namespace, taskQueue } = options;
    const store = await createRedisStore({ connection: { url }, namespace, partitions: 1 });
    const request = { partition: 0, coordinatorId: "test", ttlMs: 600_000 };
    const acquired = await store.acquireLease(request);
    if (acquired.outcome !== "acquired") throw new Error("the lease is held");
    return new ScheduledActivities(store, acquired.lease, taskQueue);
  }

  /** Starts a run that schedules one activity, and puts its ticket into the queue. */
  async schedule(
    activity: AnyActivity,
    input: unknown,
    options: { queue?: string; relay?: boolean } = {},
  ): Promise<ActivityTicket> {
    const id = () => randomBytes(12).toString("base64url");
    const queue = options.queue ?? activity.queue;
    const run = { workflowId: `order-${id()}`, runId: id(), type: "order" };
    await this.store.start({ ...run, input: encodePayload(null), onOpen: "fail", onClosed: "allow" });
    const page = await this.#ok(this.store.readInbox(this.#lease, PAGE));
    const started = page.entries.find((entry) => entry.runId === run.runId && entry.kind === "started");
    if (started === undefined) throw new Error("the start is not in the inbox");
    const commit = await this.#ok(
      this.store.commitTurns(
        this.#lease,
        [
          {
            ...run,
            version: "1",
            statusBefore: "pending",
            statusAfter: "running",
            historyLengthBefore: 0,
            entryIds: [started.entryId],
            processedDelta: 1,
            records: [
              encodeHistoryRecord({ kind: "started", at: started.atMs, input: started.data }),
              encodeHistoryRecord({
                kind: "activity-scheduled",
                seq: 1,
                name: activity.name,
                queue,
                input: encodePayload(input),
              }),
            ],
            activities: [
              {
                seq: 1,
                name: activity.name,
                queue,
                token: id(),
                historyIndex: 1,
                policy: activity.policy,
                checkAfterMs: 60_000,
              },
            ],
            timers: [],
            endedActivities: [],
            endedTimers: [],
          },
        ],
        PAGE,
      ),
    );
    const entry = commit.outbox.find(({ ticket }) => ticket.runId === run.runId);
    if (entry === undefined) throw new Error(`the turn was not committed: ${JSON.stringify(commit.turns)}`);
    if (options.relay !== false) await this.relay(entry.ticket, queue);
    return entry.ticket;
  }

  async relay(ticket: ActivityTicket, queue = "default"): Promise<void> {
    const confirmed = await this.#taskQueue.enqueue(queue, [ticket]);
    if (confirmed.length === 0) throw new Error("the ticket was not confirmed");
  }

  /** The stored activity of a ticket, `undefined` once it is settled for good. */
  async stored(ticket: ActivityTicket): Promise<StoredActivity | undefined> {
    const { workflowId, runId, seq } = ticket;
    const reply = await this.store.readActivities(this.#lease, [
      { kind: "activity", workflowId, runId, seq },
    ]);
    if ("outcome" in reply) throw new Error("the lease is lost");
    return reply[0];
  }

  async untilBackingOff(ticket: ActivityTicket): Promise<StoredActivity> {
    return waitFor(
      async () => {
        const stored = await this.stored(ticket);
        return stored?.state === "backing-off" ? stored : undefined;
      },
      { description: "the attempt is given back or tried again later", timeoutMs: 20_000 },
    );
  }

  /** Waits for the event that the activity's end became. */
  async untilSettled(ticket: ActivityTicket, timeoutMs = 20_000): Promise<InboxEntry> {
    return waitFor(async () => (await this.settlements(ticket))[0], {
      description: "the activity is settled",
      timeoutMs,
    });
  }

  /** All events that the activity became; more than one would be a fault. */
  async settlements(ticket: ActivityTicket): Promise<readonly InboxEntry[]> {
    const page = await this.#ok(this.store.readInbox(this.#lease, PAGE));
    return page.entries.filter(({ kind, runId }) => runId === ticket.runId && kind.startsWith("activity-"));
  }

  /** Dispatches the next attempt of a backing-off activity at once, as the owner does when it is due. */
  async dispatchAgain(stored: StoredActivity): Promise<ActivityTicket> {
    const { ticket, queue } = stored;
    const token = randomBytes(12).toString("base64url");
    const entries = await this.store.advanceActivities(this.#lease, [
      { step: "dispatch", ticket, queue, token, dueMs: Date.now() + 60_000 },
    ]);
    if ("outcome" in entries) throw new Error("the lease is lost");
    const [entry] = entries;
    if (entry === undefined) throw new Error("nothing was dispatched");
    await this.relay(entry.ticket, queue);
    return entry.ticket;
  }

  async #ok<Reply extends { outcome: string }>(
    reply: Promise<Reply>,
  ): Promise<Exclude<Reply, { outcome: "lease-lost" }>> {
    const got = await reply;
    if (got.outcome === "lease-lost") throw new Error("the lease is lost");
    return got as Exclude<Reply, { outcome: "lease-lost" }>;
  }
}
