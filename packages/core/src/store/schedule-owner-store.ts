import type { ScheduleProgress, ScheduleSpec } from "@heddle/protocol";
import type { AcceptingStore } from "./accepting-store.js";
import type { Lease, LeaseLost } from "./owner-store.js";
import type { ScheduleRef, ScheduleStore, StoredSchedule } from "./schedule-store.js";

/** What the owner of a schedule's partition does with it. */
export interface ScheduleOwnerStore
  extends
    Pick<ScheduleStore, "isRunOpen">,
    Pick<AcceptingStore, "start" | "requestCancel" | "terminate" | "awaitClosed"> {
  /**
   * Reads a schedule and puts off its timer, so that it is not due again while it is worked on and is not forgotten if
   * this owner dies. `undefined` when it was deleted; then its timer is removed.
   */
  takeSchedule(
    lease: Lease,
    schedule: ScheduleRef & { readonly lookAgainMs: number },
  ): Promise<StoredSchedule | LeaseLost | undefined>;
  /** Stores a step by compare-and-set on the revision; `changed`: nothing was written. */
  advanceSchedule(
    lease: Lease,
    advance: ScheduleAdvance,
  ): Promise<{ readonly outcome: "advanced" | "changed" } | LeaseLost>;
  /** Schedules with something to perform or to wait for besides their next tick. */
  schedulesUnderWay(lease: Lease): Promise<readonly ScheduleRef[]>;
}

export interface ScheduleAdvance extends ScheduleRef {
  readonly expectedRevision: number;
  /** Present when it changed. */
  readonly spec?: ScheduleSpec;
  readonly progress: ScheduleProgress;
  /** So many of the oldest requests are done. */
  readonly requestsDone: number;
  /** When to look at it next; `undefined`: when somebody asks something of it. */
  readonly dueMs: number | undefined;
  readonly isUnderWay: boolean;
}
