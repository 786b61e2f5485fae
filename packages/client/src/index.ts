export { HeddleClient } from "./heddle-client.js";
export type { WorkflowList } from "./heddle-client.js";
export type { ClientOptions, RepeatOptions } from "./client-options.js";
export { BatchedWorkflowHandle, SignalledWorkflowHandle, WorkflowHandle } from "./workflow-handle.js";
export type { ActivityTarget, OpenActivities } from "./open-activities.js";
export type { DescribeQueueOptions, ListQueuesOptions, Queues } from "./queues.js";
export type { AcceptedUpdateHandle } from "./accepted-update-handle.js";
export type { BatchSignal, BatchStart } from "./batch-calls.js";
export type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterPageOptions,
  DeadLetters,
  RedriveOptions,
  RedrivenDeadLetter,
} from "./dead-letters.js";
export type { SignalAcknowledgement } from "./workflow-calls.js";
export type { FollowedEntry, HistoryEntry } from "./history-entry.js";
export type { PendingActivity, PendingUpdate, RunDescription } from "./run-description.js";
export type { AttributeFilter, SearchOptions } from "./search-options.js";
export { ScheduleHandle, Schedules } from "./schedules.js";
export type {
  ScheduledRunSummary,
  ScheduleDescription,
  SchedulePage,
  ScheduleSummary,
} from "./schedule-description.js";
export type {
  BackfillOptions,
  DescribeScheduleOptions,
  ListSchedulesOptions,
  ScheduleCallOptions,
  ScheduleChanges,
  ScheduledStartOptions,
  ScheduledWorkflow,
  ScheduledWorkflowOf,
  ScheduleOptions,
  TriggerOptions,
} from "./schedule-options.js";
export type {
  CallOptions,
  ListOptions,
  QueryOptions,
  RunFilterOptions,
  RunTimeoutOptions,
  SignalOptions,
  StartOptions,
  StartOrSignalOptions,
  StopOptions,
  UpdateOptions,
  WatchFilter,
} from "./call-options.js";
export type { Bulk } from "./bulk.js";
export type {
  BulkForkOptions,
  BulkOptions,
  BulkOutcome,
  BulkReasonOptions,
  BulkResetOptions,
  BulkRetryOptions,
  BulkSummary,
  EventOf,
} from "./bulk-options.js";
export type { AggregateOptions, RunGroup } from "./aggregate-options.js";
export type { ForkOptions, ImportOptions, ResetOptions, RetryRunOptions } from "./repair-options.js";
export type {
  UpdateCall,
  UpdatedWorkflow,
  UpdateWithStartOptions,
  UpdatingWorkflow,
  WorkflowWithUpdate,
} from "./update-with-start.js";
