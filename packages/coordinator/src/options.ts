import {
  DEFAULT_OFFLOAD_LIMITS,
  type ActivityDefaults,
  type IdSource,
  type LimitStore,
  type OffloadLimits,
  type MessageTargets,
  type OwnerStore,
  type QueueStore,
  type ScheduleOwnerStore,
  type TaskQueue,
} from "@heddle/core";
import type { Log } from "@heddle/workflow";
import type { WorkflowRegistry } from "./workflow-registry.js";

export interface CoordinatorOptions {
  readonly store: OwnerStore &
    MessageTargets &
    ScheduleOwnerStore &
    LimitStore &
    Pick<QueueStore, "noteQueue">;
  readonly taskQueue: TaskQueue;
  readonly registry: WorkflowRegistry;
  readonly ids: IdSource;
  readonly log: Log;
  /** Queue, retry and timeouts of activities that workflows name but do not define. */
  readonly activityDefaults?: (name: string) => ActivityDefaults | undefined;
  /** Names this coordinator in leases and logs. Default: a fresh random id. */
  readonly coordinatorId?: string;
  readonly settings?: Partial<CoordinatorSettings>;
  readonly observe?: CoordinatorObserver;
}

export interface CoordinatorSettings extends OffloadLimits {
  /** How long a lease lives without renewal: the longest time a killed owner holds up its partitions. */
  readonly leaseTtlMs: number;
  readonly renewEveryMs: number;
  /** Runs whose generators are kept ready in memory; others are rebuilt from history when an event comes. */
  readonly cachedRuns: number;
  /** Offloaded values that are kept in memory, all runs together; others are read when they are loaded. */
  readonly cachedOffloadedBytes: number;
  /** Inbox entries per read. */
  readonly pageSize: number;
  /** Runs per commit. */
  readonly turnsPerCommit: number;
  /** How long a commit waits for code that awaits something else than `ctx`. */
  readonly turnBudgetMs: number;
  readonly maxPayloadBytes: number;
  /** First wait before the ticket of an unclaimed activity is put again, in case its queue lost it; it doubles. */
  readonly ticketCheckMs: number;
  /** Pause between two pages of the reconciler. */
  readonly reconcileEveryMs: number;
}

export const DEFAULT_SETTINGS: CoordinatorSettings = {
  leaseTtlMs: 3_000,
  renewEveryMs: 1_000,
  cachedRuns: 10_000,
  cachedOffloadedBytes: 64 * 1024 * 1024,
  pageSize: 500,
  turnsPerCommit: 200,
  turnBudgetMs: 20,
  maxPayloadBytes: 1024 * 1024,
  ...DEFAULT_OFFLOAD_LIMITS,
  ticketCheckMs: 30_000,
  reconcileEveryMs: 60_000,
};

/** Called at the points where a crash would tell most; for tests that crash there, and for metrics. */
export type CoordinatorObserver = (
  point:
    | "coordinator.acquired"
    | "coordinator.before-commit"
    | "coordinator.committed"
    | "coordinator.relayed"
    | "coordinator.message-delivered"
    | "coordinator.message-done",
  details: { readonly partition: number; readonly count: number },
) => void;
