import { randomUUID } from "node:crypto";
import {
  ActivityPoller,
  type ActivityStore,
  type DocumentStore,
  type LogStore,
  type PollStore,
  type QueueClient,
  type TicketSource,
  type WorkflowClient,
} from "@heddle/core";
import { parseJsonBody, type GatewayApp, type GatewayPlugin, type PluginParts } from "@heddle/gateway";
import { EventMessages } from "../event/event-messages.js";
import { Executions } from "../executions/executions.js";
import { EventHandlerStore } from "../metadata/event-handler-store.js";
import { ExecutionControl } from "../executions/execution-control.js";
import { ExecutionWatch } from "../executions/execution-watch.js";
import { TaskUpdates } from "../executions/task-updates.js";
import { MetadataStore } from "../metadata/metadata-store.js";
import { ExecutionReruns } from "../rerun/execution-reruns.js";
import { Scheduler } from "../scheduler/scheduler.js";
import { ExecutionSearch } from "../search/execution-search.js";
import { TaskSearch } from "../search/task-search.js";
import { EgressPolicy, type EgressOptions } from "../system/egress/egress-policy.js";
import { Sandbox, type SandboxOptions } from "../system/sandbox/sandbox.js";
import { TaskPoller } from "../workers/task-poller.js";
import { TaskQueues } from "../workers/task-queues.js";
import { TaskResults } from "../workers/task-results.js";
import type { ConductorServices } from "./conductor-services.js";
import { bulkRoutes } from "./bulk.js";
import { correlatedRoutes } from "./correlated.js";
import { adminRoutes } from "./admin.js";
import { DefinitionReader } from "./definition-reader.js";
import { sendConductorError } from "./error-body.js";
import { eventHandlerRoutes } from "./event-handlers.js";
import { eventMessageRoutes } from "./event-messages.js";
import { refuseForeignPages } from "./foreign-pages.js";
import { queueUpdateRoutes } from "./queue-updates.js";
import { controlWorkflowRoutes } from "./control-workflow.js";
import { executeWorkflowRoutes } from "./execute-workflow.js";
import { readWorkflowRoutes } from "./read-workflow.js";
import { pollTaskRoutes } from "./poll-tasks.js";
import { namedSignalRoutes } from "./named-signals.js";
import { rerunWorkflowRoutes } from "./rerun-workflow.js";
import { schedulerRoutes } from "./scheduler.js";
import { searchRoutes } from "./search.js";
import { serviceRoutes } from "./service-routes.js";
import { signalRoutes } from "./signals.js";
import { taskDefinitionRoutes } from "./task-definitions.js";
import { taskUpdateRoutes } from "./task-updates.js";
import { startWorkflowRoutes } from "./start-workflow.js";
import { taskLogRoutes } from "./task-logs.js";
import { taskQueueRoutes } from "./task-queues.js";
import { updateAndPollRoutes } from "./update-and-poll.js";
import { tokenRoutes } from "./token.js";
import { workflowDefinitionRoutes } from "./workflow-definitions.js";
import { workflowStateRoutes } from "./workflow-state.js";

export interface ConductorPluginOptions {
  readonly client: WorkflowClient;
  readonly queues?: QueueClient | undefined;
  readonly documents: DocumentStore;
  /** What workers that poll work with: the store, and the queues of their tasks. */
  readonly store: ActivityStore & PollStore & LogStore;
  readonly tickets: TicketSource;
  /** What is put into tasks when a worker polls them, as the workers of system tasks have it. Default: none. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** Where HTTP tasks may go, so that a definition that goes elsewhere is refused. As the workers have it. */
  readonly egress?: EgressOptions | undefined;
  /** Variables that expressions may read. Default: none. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Of the secrets that workers put into tasks; their values are nobody's to read. Default: none. */
  readonly secretNames?: readonly string[] | undefined;
  /** For looking at scripts of definitions; none runs here. */
  readonly sandbox?: SandboxOptions | undefined;
}

/** Conductor's REST API under `/api`, for `createGateway({ plugins })`. See `docs/conductor-api.md`. */
export function conductorPlugin(options: ConductorPluginOptions): GatewayPlugin {
  return {
    name: "conductor",
    prefix: "/api",
    sendError: sendConductorError,
    register: (app, parts) => {
      acceptMissingBodies(app);
      acceptText(app);
      refuseForeignPages(app, parts.corsOrigins);
      const services = servicesOf(app, options, parts);
      if (parts.identify !== undefined) tokenRoutes(app, parts.identify);
      workflowDefinitionRoutes(app, services);
      taskDefinitionRoutes(app, services);
      startWorkflowRoutes(app, services);
      executeWorkflowRoutes(app, services);
      readWorkflowRoutes(app, services);
      eventHandlerRoutes(app, services);
      eventMessageRoutes(app, services);
      queueUpdateRoutes(app, services);
      adminRoutes(app, services);
      pollTaskRoutes(app, services);
      updateAndPollRoutes(app, services);
      taskLogRoutes(app, services);
      taskQueueRoutes(app, services);
      controlWorkflowRoutes(app, services);
      taskUpdateRoutes(app, services);
      signalRoutes(app, services);
      serviceRoutes(app, services);
      rerunWorkflowRoutes(app, services);
      workflowStateRoutes(app, services);
      namedSignalRoutes(app, services);
      searchRoutes(app, services);
      correlatedRoutes(app, services);
      bulkRoutes(app, services);
      schedulerRoutes(app, services);
    },
  };
}

function servicesOf(app: GatewayApp, options: ConductorPluginOptions, parts: PluginParts): ConductorServices {
  const { client, queues, documents, environment = {}, secretNames = [] } = options;
  const { store, tickets, secrets = {} } = options;
  const metadata = new MetadataStore(documents);
  const executions = new Executions({ client, metadata, environment });
  const taskUpdates = new TaskUpdates(client, executions);
  const poller = new ActivityPoller(store, tickets, { randomId: randomUUID });
  const sandbox = new Sandbox(options.sandbox);
  app.addHook("onClose", () => sandbox.close());
  const search = new ExecutionSearch(client);
  return {
    ...parts,
    eventHandlers: new EventHandlerStore(documents),
    eventMessages: new EventMessages(client),
    ...{ client, queues, documents, metadata, executions, search, environment, secretNames },
    control: new ExecutionControl(client, executions),
    taskUpdates,
    watch: new ExecutionWatch(client, executions),
    poller: new TaskPoller({ poller, polls: store, secrets }),
    results: new TaskResults({ client, taskUpdates, logs: store }),
    logs: store,
    taskQueues: queues && new TaskQueues(queues, store),
    taskSearch: new TaskSearch(search, (workflowId) => executions.find(workflowId)),
    reruns: new ExecutionReruns({ client, metadata }),
    scheduler: new Scheduler(client, documents, environment),
    definitions: new DefinitionReader(metadata, sandbox, {
      egress: new EgressPolicy(options.egress),
      environment,
    }),
  };
}

/** Lines of logs are sent as text. */
function acceptText(app: GatewayApp): void {
  app.addContentTypeParser("text/plain", { parseAs: "string" }, (_request, body, done) => done(null, body));
}

/** Conductor's clients announce JSON also where they send nothing. */
function acceptMissingBodies(app: GatewayApp): void {
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (body.byteLength === 0) done(null, undefined);
    else parseJsonBody(request, body, done);
  });
}
