import type { Attributes } from "./search-attributes.js";
import type { WorkflowStatus } from "./status.js";

/** One line of a list. Times are epoch ms of the Redis clock. */
export interface WorkflowSummary {
  readonly id: string;
  readonly runId: string;
  readonly type: string;
  readonly status: WorkflowStatus;
  /** Version of the code that first ran it; `undefined` while no code has. */
  readonly version: string | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When a delayed run starts, or started; absent for a run that was not delayed. */
  readonly startAt?: Date;
  /** Search attributes; absent for a run that never had any. */
  readonly attributes?: Attributes;
}

/** One page; `total` counts all that match, `cursor` continues behind the last item. */
export interface PaginatedResult<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
  readonly cursor?: string;
}

/** A run was started, or has another status. */
export interface WorkflowChange {
  readonly id: string;
  readonly runId: string;
  readonly type: string;
  /** The status that it has since. */
  readonly status: WorkflowStatus;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/**
 * What somebody who watches workflows is told.
 * - `watching`, once and first: every change from here on is told, so a list read after it misses none.
 * - `reset`: changes were missed, because they were not looked at for too long; read the list again.
 */
export type WatchEvent =
  | { readonly kind: "watching" }
  | { readonly kind: "changed"; readonly change: WorkflowChange }
  | { readonly kind: "reset" };
