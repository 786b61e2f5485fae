import type { DocumentStore, QueueClient, WorkflowClient } from "@heddle/core";
import type { PluginParts } from "@heddle/gateway";
import type { EventMessages } from "../event/event-messages.js";
import type { Executions } from "../executions/executions.js";
import type { EventHandlerStore } from "../metadata/event-handler-store.js";
import type { MetadataStore } from "../metadata/metadata-store.js";
import type { ExecutionReruns } from "../rerun/execution-reruns.js";
import type { DefinitionReader } from "./definition-reader.js";

/** What the routes of Conductor's API work with. */
export interface ConductorServices extends PluginParts {
  readonly client: WorkflowClient;
  readonly queues: QueueClient | undefined;
  readonly documents: DocumentStore;
  readonly metadata: MetadataStore;
  readonly executions: Executions;
  readonly reruns: ExecutionReruns;
  readonly definitions: DefinitionReader;
  readonly eventHandlers: EventHandlerStore;
  readonly eventMessages: EventMessages;
}
