// What callers do
export { WorkflowClient } from "./client/workflow-client.js";
export type { SignalAcknowledgement, SignalledRun, StartedRun } from "./client/workflow-client.js";
export type { StartOptions } from "./client/start-options.js";
export type { StartOrSignalOptions } from "./client/start-or-signal-options.js";
export { MAX_PAGE } from "./client/list.js";
export type { ListOptions, RunFilterOptions } from "./client/list.js";
export type { QueryOptions } from "./client/query-answer.js";
export type { HistoryEntry } from "./client/history-view.js";

// What a store promises
export type * from "./store/accepting-store.js";
export type * from "./store/activity-store.js";
export type * from "./store/owner-store.js";
export type * from "./task-queue.js";
export type { IdSource } from "./id-source.js";

// Activities
export { firstLookMs } from "./activity/first-look.js";
export { nextActivityStep } from "./activity/next-activity-step.js";
export { retryDelayMs } from "./activity/retry-policy.js";

// Replay
export { Machine } from "./replay/machine.js";
export type { ClosingCommand, MachineOptions } from "./replay/machine.js";
export { pendingWork } from "./replay/pending-work.js";
export type { PendingWork } from "./replay/pending-work.js";
export { replayHistory } from "./replay/replay-history.js";
export type { ActivityDefaults, LocalStep } from "./replay/runtime.js";
