import type { ForeignJob, ForeignJobHandler, QueueClient, WorkflowClient } from "@heddle/core";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import type { Logger } from "@heddle/telemetry";
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { guardRoutes, type GatewayAccess } from "./access/guard-routes.js";
import { addReplyHeaders, allowOrigins, refuseSuspiciousHeaders } from "./access/headers.js";
import { connectionTimeouts, type ConnectionTimeouts } from "./connection-timeouts.js";
import { closeConnectionsWhileDraining, Drain, endUnusedConnections } from "./drain.js";
import type { GatewayApp } from "./gateway-app.js";
import type { GatewayPlugin } from "./gateway-plugin.js";
import { Ingestion } from "./ingestion/ingestion.js";
import { acceptJsonBodies } from "./json/json-body.js";
import { acceptMsgpackBodies, answerInMsgpack } from "./msgpack/msgpack-body.js";
import { describeRoutes } from "./openapi/document.js";
import { BrokenRequests } from "./problem/broken-request.js";
import { KnownRoutes } from "./problem/known-routes.js";
import { answerErrorsWithProblems, pathOf, sendProblem } from "./problem/send-problem.js";
import { EventStreams, type StreamLimits } from "./live/event-streams.js";
import { registerPlugin } from "./register-plugin.js";
import { requestIdOf } from "./request-id.js";
import { aggregateWorkflows } from "./routes/aggregate-workflows.js";
import { acceptBatches } from "./routes/batches.js";
import { apiKeys } from "./routes/api-keys.js";
import { auditLog } from "./routes/audit-log.js";
import { bulkWorkflows } from "./routes/bulk-workflows.js";
import { controlWorkflow } from "./routes/control-workflow.js";
import { countWorkflows } from "./routes/count-workflows.js";
import { deadLetters } from "./routes/dead-letters.js";
import { describeWorkflow } from "./routes/describe-workflow.js";
import { discovery } from "./routes/discovery.js";
import { ingestEvents } from "./routes/cloud-events.js";
import { exportHistory } from "./routes/export-history.js";
import { followHistory } from "./routes/follow-history.js";
import { health } from "./routes/health.js";
import { rememberIdempotencyKeys } from "./routes/idempotency-key.js";
import { importHistory } from "./routes/import-history.js";
import { listWorkflows } from "./routes/list-workflows.js";
import { queryWorkflow } from "./routes/query-workflow.js";
import { repairWorkflow } from "./routes/repair-workflow.js";
import { setAttributes } from "./routes/set-attributes.js";
import { schedules } from "./routes/schedules.js";
import { queues } from "./routes/queues.js";
import { settleActivity } from "./routes/settle-activity.js";
import { signalWorkflow } from "./routes/signal-workflow.js";
import { startOrSignal } from "./routes/start-or-signal.js";
import { startWithUpdate } from "./routes/start-with-update.js";
import { startWorkflow } from "./routes/start-workflow.js";
import { watchWorkflows } from "./routes/watch-workflows.js";
import { workflowHistory } from "./routes/workflow-history.js";
import { updateResult, updateWorkflow } from "./routes/update-workflow.js";
import { receiveWebhooks } from "./routes/webhooks.js";
import { workflowResult } from "./routes/workflow-result.js";
import { API_PREFIX } from "./routes/workflow-url.js";
import type { EventRules } from "./cloud-events/event-rules.js";
import type { Webhooks } from "./webhooks/webhook.js";

export interface GatewayLimits extends ConnectionTimeouts {
  /** Largest request body, in bytes of JSON text. Default: two payloads of 1 MiB (start-or-signal) and 64 KiB. */
  readonly maxBodyBytes?: number;
  /** How many jobs that ingestion refused are kept; the oldest make room. Default 10,000. */
  readonly deadLetters?: number | undefined;
  /** How many event streams there may be, and how patient the gateway is with slow readers. */
  readonly streams?: StreamLimits;
}

export interface GatewayOptions {
  readonly client: WorkflowClient;
  /** Without it there are no routes for queues. */
  readonly queues?: QueueClient;
  readonly log: Logger;
  /** Who may call. Without credentials in a request only health and discovery are answered. */
  readonly access: GatewayAccess;
  readonly limits?: GatewayLimits;
  /** Origins whose pages may call, as browsers write them: `https://console.example.org`. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** Proxies whose `x-forwarded-*` headers are believed; see Fastify's option. Default: none. */
  readonly trustProxy?: boolean | string | string[];
  /** As `parseWebhooks` reads them. Default: none, and each webhook is refused. */
  readonly webhooks?: Webhooks | undefined;
  /** As `parseEventRules` reads them. Default: none, and the type of an event is the name of its signal. */
  readonly eventRules?: EventRules | undefined;
  /** Further routes behind the same guards. Default: none. */
  readonly plugins?: readonly GatewayPlugin[] | undefined;
}

export interface Gateway extends FastifyInstance {
  /**
   * Begins the way out: not ready any more, long polls are answered at once, and every reply ends its connection, so
   * that `close()` waits for requests in flight and for nothing else. Safe to repeat; there is no way back.
   */
  drain(): void;
  /** Handles one job of the ingestion queue, whoever takes it from there; see `docs/ingestion.md`. */
  readonly handleJob: ForeignJobHandler;
}

/** Node refuses a longer request line itself, so a long path part gets our answer and not a missing route. */
const MAX_PATH_PART = 16 * 1024;

/**
 * Heddle over HTTP. Holds no state but the drain switch; any number of replicas may serve one namespace.
 * The caller listens, and closes the client's store after `close()`.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { client, access, limits = {}, corsOrigins = [], trustProxy = false, plugins = [] } = options;
  const drain = new Drain();
  const log: FastifyBaseLogger = options.log;
  const ingestion = new Ingestion({ client, log: options.log, mostDeadLetters: limits.deadLetters });
  const brokenRequests = new BrokenRequests(log);
  const knownRoutes = new KnownRoutes();
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // No logger for each request: few of them ever write a line, and that line names its request itself.
    childLoggerFactory: (logger) => logger,
    bodyLimit: limits.maxBodyBytes ?? 2 * MAX_PAYLOAD_BYTES + 64 * 1024,
    ...connectionTimeouts(limits),
    clientErrorHandler: (error, socket) => brokenRequests.answer(error, socket),
    trustProxy,
    genReqId: requestIdOf,
    routerOptions: { maxParamLength: MAX_PATH_PART },
    // A request that reached us on a connection that is about to close is served like any other.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  acceptJsonBodies(app);
  acceptMsgpackBodies(app);
  answerInMsgpack(app);
  brokenRequests.watch(app);
  answerErrorsWithProblems(app, knownRoutes, plugins);
  closeConnectionsWhileDraining(app, drain);
  endUnusedConnections(app);
  addReplyHeaders(app);
  refuseSuspiciousHeaders(app);
  allowOrigins(app, corsOrigins);
  logRequests(app, options.log);
  describeRoutes(app);
  // A plugin of its own, because the document collects routes that are registered after it is loaded.
  void app.register((instance, _options, done) => {
    const callers = guardRoutes(instance, access, options.log);
    rememberIdempotencyKeys(instance, access.store);
    const streams = new EventStreams(drain, limits.streams ?? {});
    knownRoutes.collect(instance);
    const routes = instance.withTypeProvider<ZodTypeProvider>();
    registerRoutes(routes, { ...options, drain, ingestion, streams });
    for (const plugin of plugins)
      registerPlugin(instance, plugin, { drain, corsOrigins, identify: callers.identify });
    receiveWebhooks(routes, { client, limits: callers, webhooks: options.webhooks ?? new Map() });
    done();
  });
  return Object.assign(app, {
    drain: () => drain.begin(),
    handleJob: (job: ForeignJob) => ingestion.handle(job),
  });
}

interface Parts extends Pick<GatewayOptions, "client" | "queues" | "access" | "eventRules"> {
  readonly drain: Drain;
  readonly ingestion: Ingestion;
  readonly streams: EventStreams;
}

function registerRoutes(app: GatewayApp, parts: Parts): void {
  const { client, queues: queueClient, access, drain, ingestion, streams, eventRules } = parts;
  discovery(app);
  health(app, client, drain);
  void app.register(
    (instance, _options, done) => {
      const api = instance.withTypeProvider<ZodTypeProvider>();
      startWorkflow(api, client);
      startOrSignal(api, client);
      startWithUpdate(api, client, drain);
      listWorkflows(api, client);
      countWorkflows(api, client);
      aggregateWorkflows(api, client);
      describeWorkflow(api, client);
      workflowHistory(api, client);
      followHistory(api, client, streams);
      watchWorkflows(api, client, streams);
      workflowResult(api, client, drain);
      signalWorkflow(api, client);
      queryWorkflow(api, client);
      updateWorkflow(api, client, drain);
      updateResult(api, client, drain);
      controlWorkflow(api, client);
      schedules(api, client.schedules);
      settleActivity(api, client);
      if (queueClient !== undefined) queues(api, queueClient);
      ingestEvents(api, client, eventRules);
      setAttributes(api, client);
      repairWorkflow(api, client);
      exportHistory(api, client);
      importHistory(api, client);
      bulkWorkflows(api, client);
      acceptBatches(api, client);
      deadLetters(api, client, ingestion);
      apiKeys(api, access.store);
      auditLog(api, access.store);
      done();
    },
    { prefix: API_PREFIX },
  );
}

/** One line per request, without payloads. */
function logRequests(app: FastifyInstance, log: Logger): void {
  if (!log.isLevelEnabled("debug")) return;
  app.addHook("onResponse", (request, reply, done) => {
    log.debug(
      {
        requestId: request.id,
        method: request.method,
        // Without the query string: callers of other systems put tokens there.
        path: pathOf(request),
        status: reply.statusCode,
        elapsedMs: Math.round(reply.elapsedTime),
      },
      "request answered",
    );
    done();
  });
}
