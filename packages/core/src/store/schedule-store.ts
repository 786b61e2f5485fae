import type { Payload, ScheduleProgress, ScheduleRequest, ScheduleSpec } from "@heddle/protocol";

export type AcceptedScheduleRequest = ScheduleRequest & {
  /** When it was accepted; no two of a schedule have the same. */
  readonly atMs: number;
};

export interface ScheduleRef {
  readonly scheduleId: string;
  /** Random; tells it from one that had its id before. */
  readonly incarnation: string;
}

/** A schedule as it is stored, read at one moment. */
export interface StoredSchedule extends ScheduleRef {
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Rises with each change by its owner. */
  readonly revision: number;
  /** Rises with each accepted change of its specification. */
  readonly specVersion: number;
  readonly spec: ScheduleSpec;
  readonly progress: ScheduleProgress;
  /** Accepted, and not taken by its owner, oldest first. */
  readonly requests: readonly AcceptedScheduleRequest[];
  /** Redis clock of this moment. */
  readonly nowMs: number;
}

/** Its incarnation is that of this creation alone; that makes the call safe to repeat. */
export interface NewSchedule extends ScheduleRef {
  readonly spec: ScheduleSpec;
  readonly paused: boolean;
  readonly note?: string;
  readonly remainingRuns?: number;
}

export type ScheduleRequestReply =
  | { readonly outcome: "accepted"; readonly atMs: number }
  | { readonly outcome: "not-found" }
  /** Its specification is another than the one that was changed; nothing was written. */
  | { readonly outcome: "changed" }
  /** Too many requests wait for its owner. */
  | { readonly outcome: "full" };

/** What anyone may ask of schedules: atomic, lease-free, safe to repeat. */
export interface ScheduleStore {
  createSchedule(schedule: NewSchedule): Promise<{ readonly outcome: "created" | "exists" }>;
  readSchedule(scheduleId: string): Promise<StoredSchedule | undefined>;
  /** The input that a stored specification has, as it was given: a payload codec is undone. */
  openScheduleInput(input: Payload): Payload;
  /** `expectedSpecVersion` belongs to an update. */
  requestOfSchedule(request: {
    readonly scheduleId: string;
    /** A repeated one is answered as the first, for a day. */
    readonly operationId: string;
    readonly request: ScheduleRequest;
    readonly expectedSpecVersion?: number;
  }): Promise<ScheduleRequestReply>;
  /** Starts nothing more; what it has started goes on. */
  deleteSchedule(request: {
    readonly scheduleId: string;
    readonly operationId: string;
  }): Promise<{ readonly outcome: "deleted" | "not-found" }>;
  /** Ids behind `after` ("" for all) in the order of their bytes. */
  listSchedules(page: { readonly after: string; readonly limit: number }): Promise<readonly string[]>;
  /** Whether the run, or one that it continued as, is open. */
  isRunOpen(run: { readonly workflowId: string; readonly runId: string }): Promise<boolean>;
}
