import {
  firstLookMs,
  joinedChanges,
  type ActivityReference,
  type ClosingCommand,
  type NewActivity,
  type NewTimer,
  type OffloadedPayload,
  type OutgoingMessage,
  type PendingChild,
  type SearchChanges,
  type UpdateProgress,
} from "@heddle/core";
import {
  decodePayload,
  encodeHistoryRecord,
  type AttributeChanges,
  type ActivityPolicy,
  type HistoryCommand,
  type HistoryEvent,
  type HistoryRecord,
} from "@heddle/protocol";
import { childOf, messageOf } from "./message-of.js";

interface ScheduledActivity {
  readonly seq: number;
  readonly name: string;
  readonly queue: string;
  readonly policy: ActivityPolicy;
  /** Place of its record within this buffer; negative when that is in the history already, counted from its end. */
  readonly recordIndex: number;
}

/** What one run has decided and not yet committed. Buffers join: an earlier one that was not taken comes first. */
export class TurnBuffer {
  readonly entryIds: string[] = [];
  readonly records: Uint8Array[] = [];
  readonly timers: NewTimer[] = [];
  readonly endedActivities: number[] = [];
  readonly endedTimers: number[] = [];
  readonly updates: UpdateProgress[] = [];
  readonly messages: OutgoingMessage[] = [];
  readonly newChildren: PendingChild[] = [];
  readonly references: ActivityReference[] = [];
  readonly offloaded: OffloadedPayload[] = [];
  /** Events that the code consumed. */
  processed = 0;
  /** Outcomes of inline steps in it: the next step must not run before they are durable. */
  stepResults = 0;
  closing: ClosingCommand | undefined;
  heldReason: string | undefined;
  /** It carries out a reset. */
  finishesReset = false;
  /** Whether the code awaits inline steps, when the commit is to say so. */
  awaitsSteps: boolean | undefined;
  search: SearchChanges | undefined;
  private readonly activities: ScheduledActivity[] = [];

  get isEmpty(): boolean {
    return (
      this.entryIds.length === 0 &&
      this.records.length === 0 &&
      this.heldReason === undefined &&
      this.closing === undefined &&
      !this.finishesReset
    );
  }

  addRecord(record: HistoryRecord): void {
    this.records.push(encodeHistoryRecord(record));
  }

  /** The code could not process the event that was noted last: other code will. A step is run again for it. */
  holdBack(event: HistoryEvent): void {
    this.records.pop();
    if (event.kind === "step-completed" || event.kind === "step-failed" || event.kind === "load-completed") {
      this.stepResults--;
      return;
    }
    this.processed--;
    this.addRecord({ kind: "held", event: encodeHistoryRecord(event) });
  }

  addCommand(command: HistoryCommand, policyOf: (seq: number) => ActivityPolicy): void {
    switch (command.kind) {
      case "completed":
      case "failed":
      case "cancelled":
      case "continued":
        // Goes last, behind everything that was accepted meanwhile.
        this.closing = command;
        return;
      case "activity-scheduled":
        this.activities.push({ ...command, policy: policyOf(command.seq), recordIndex: this.records.length });
        if (command.reference !== undefined) {
          this.references.push({ reference: command.reference, seq: command.seq });
        }
        break;
      case "activity-cancelled":
        this.endedActivities.push(command.seq);
        break;
      case "timer-started":
        this.timers.push(
          command.dueMs === undefined
            ? { seq: command.seq, durationMs: command.durationMs ?? 0 }
            : { seq: command.seq, dueMs: command.dueMs },
        );
        break;
      case "timer-cancelled":
        this.endedTimers.push(command.seq);
        break;
      case "update-completed":
      case "update-failed":
        this.updates.push({
          updateId: command.updateId,
          state: "completed",
          recordIndex: this.records.length,
        });
        break;
      case "signal-sent":
      case "start-or-signal-sent":
      case "child-start-requested":
      case "child-cancel-requested":
        this.addMessage(command);
        break;
      case "attributes-set": {
        const attributes = decodePayload(command.attributes) as AttributeChanges;
        this.search = joinedChanges(this.search, { attributes });
        break;
      }
      case "memo-set":
        this.search = joinedChanges(this.search, { memo: command.memo ?? null });
        break;
      case "signal-awaited":
      case "signal-handled":
      case "condition-awaited":
      case "condition-settled":
      case "version-marked":
      case "step-started":
      case "value-offloaded":
      case "load-started":
        break;
    }
    this.addRecord(command);
  }

  private addMessage(command: HistoryCommand): void {
    const message = messageOf(command, this.records.length);
    const child = childOf(command);
    if (message !== undefined) this.messages.push(message);
    if (child !== undefined) this.newChildren.push(child);
  }

  /** Schedules an activity anew whose record the history has, `recordIndex` from its end. */
  addScheduledBefore(activity: ScheduledActivity): void {
    this.activities.push(activity);
  }

  /** Activities as a commit takes them; their records begin at `historyLength`. */
  newActivities(
    historyLength: number,
    around: { readonly ticketCheckMs: number; newToken(): string },
  ): NewActivity[] {
    return this.activities.map(({ seq, name, queue, policy, recordIndex }) => ({
      seq,
      name,
      queue,
      policy,
      token: around.newToken(),
      historyIndex: historyLength + recordIndex,
      checkAfterMs: firstLookMs(policy, around.ticketCheckMs),
    }));
  }

  /** Puts an earlier buffer in front; for a commit that was not taken and is tried again. */
  prepend(earlier: TurnBuffer): void {
    // What names a record of this buffer finds it behind those of the earlier one.
    const moved = <Item extends { readonly recordIndex: number }>(item: Item): Item => ({
      ...item,
      recordIndex: item.recordIndex + earlier.records.length,
    });
    this.activities.splice(0, this.activities.length, ...earlier.activities, ...this.activities.map(moved));
    const updates = this.updates.map((update) => (update.state === "completed" ? moved(update) : update));
    this.updates.splice(0, this.updates.length, ...earlier.updates, ...updates);
    const messages = this.messages.map((message) =>
      message.recordIndex === undefined ? message : moved({ ...message, recordIndex: message.recordIndex }),
    );
    this.messages.splice(0, this.messages.length, ...earlier.messages, ...messages);
    this.newChildren.unshift(...earlier.newChildren);
    this.entryIds.unshift(...earlier.entryIds);
    this.records.unshift(...earlier.records);
    this.timers.unshift(...earlier.timers);
    this.references.unshift(...earlier.references);
    this.offloaded.unshift(...earlier.offloaded);
    this.endedActivities.unshift(...earlier.endedActivities);
    this.endedTimers.unshift(...earlier.endedTimers);
    this.processed += earlier.processed;
    this.stepResults += earlier.stepResults;
    this.closing ??= earlier.closing;
    this.heldReason ??= earlier.heldReason;
    this.finishesReset ||= earlier.finishesReset;
    this.search = joinedChanges(earlier.search, this.search);
  }
}
