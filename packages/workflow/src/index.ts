// Definitions
export { workflow, DEFAULT_RETENTION_MS } from "./workflow.js";
export type {
  AnyWorkflow,
  InputSchema,
  WorkflowBuilder,
  WorkflowDefinition,
  WorkflowOptions,
} from "./workflow.js";
export type {
  CallArguments,
  InputField,
  InputNamed,
  OutputNamed,
  WorkflowCollection,
} from "./workflow-collection.js";
export { activity, DEFAULT_QUEUE } from "./activity.js";
export type { ActivityContext, ActivityDefinition, ActivityOptions, AnyActivity } from "./activity.js";
export { signal } from "./signal.js";
export type { SignalHandle } from "./signal.js";
export { query } from "./query.js";
export type { QueryHandle } from "./query.js";
export { update } from "./update.js";
export type { UpdateHandle, UpdateHandler, UpdateHandlerOptions } from "./update.js";

// Runs and how they start
export type { ChildHandle, ChildOptions, ChildType } from "./child.js";
export type { DelayOptions, RunTimeoutOptions } from "./run-times.js";
export type { StartedOrSignalled, StartOrSignalCallOptions } from "./start-or-signal.js";

// Inside a workflow
export type {
  ActivityMap,
  QueryMap,
  RunOptions,
  SignalHandler,
  SignalMap,
  UpdateMap,
  WorkflowContext,
} from "./context.js";
export type {
  MapConcurrency,
  MapOptions,
  MapPolicyOptions,
  Saga,
  ScopeOptions,
  SettledOutcome,
} from "./composition.js";
export type { Deferred } from "./deferred.js";
export type { OffloadedValue } from "./offloaded-value.js";
export type { Branch, BranchResult, Operation, WorkflowGenerator } from "./operation.js";
export type { AttributeChangesOf, AttributeName, AttributeOf } from "./search-attributes.js";
export type { Log } from "./log.js";
