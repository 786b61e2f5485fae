import type { DocumentStore, LogStore, QueueClient, WorkflowClient } from "@heddle/core";
import type { PluginParts } from "@heddle/gateway";
import type { EventMessages } from "../event/event-messages.js";
import type { Executions } from "../executions/executions.js";
import type { EventHandlerStore } from "../metadata/event-handler-store.js";
import type { ExecutionControl } from "../executions/execution-control.js";
import type { ExecutionWatch } from "../executions/execution-watch.js";
import type { TaskUpdates } from "../executions/task-updates.js";
import type { MetadataStore } from "../metadata/metadata-store.js";
import type { TaskPoller } from "../workers/task-poller.js";
import type { TaskQueues } from "../workers/task-queues.js";
import type { TaskResults } from "../workers/task-results.js";
import type { ExecutionReruns } from "../rerun/execution-reruns.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import type { ExecutionSearch } from "../search/execution-search.js";
import type { TaskSearch } from "../search/task-search.js";
import type { DefinitionReader } from "./definition-reader.js";

/** What the routes of Conductor's API work with. */
export interface ConductorServices extends PluginParts {
  readonly client: WorkflowClient;
  readonly queues: QueueClient | undefined;
  readonly documents: DocumentStore;
  readonly metadata: MetadataStore;
  readonly executions: Executions;
  readonly control: ExecutionControl;
  readonly taskUpdates: TaskUpdates;
  readonly watch: ExecutionWatch;
  readonly definitions: DefinitionReader;
  readonly eventHandlers: EventHandlerStore;
  readonly eventMessages: EventMessages;
  readonly poller: TaskPoller;
  readonly results: TaskResults;
  readonly logs: LogStore;
  /** Without queues there are no routes for them. */
  readonly taskQueues: TaskQueues | undefined;
  /** Variables that expressions may read. */
  readonly environment: Readonly<Record<string, string>>;
  readonly secretNames: readonly string[];
  readonly reruns: ExecutionReruns;
  readonly search: ExecutionSearch;
  readonly taskSearch: TaskSearch;
  readonly scheduler: Scheduler;
}
