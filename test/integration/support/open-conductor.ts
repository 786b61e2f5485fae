import {
  conductorSink,
  conductorWorkflows,
  domainActivities,
  createSystemTasks,
  definitionActivities,
  eventActivities,
  EventHandlerStore,
  MetadataStore,
  systemTaskActivities,
  type SystemTaskOptions,
} from "@heddle/conductor";
import { conductorPlugin, type ConductorPluginOptions } from "@heddle/conductor/gateway";
import { QueueClient, WorkflowClient } from "@heddle/core";
import { createGateway, type GatewayAccess } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace } from "@heddle/testkit";
import type { AnyActivity } from "@heddle/workflow";
import { inject, onTestFinished } from "vitest";
import { openEngine } from "./open-engine.js";

export type Json = Record<string, unknown>;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** As it was sent. */
  readonly text: string;
  /** The JSON of the body. */
  readonly body: Json;
}

export interface OpenConductorOptions {
  readonly namespace?: string;
  /** Native workers of task types. */
  readonly activities?: readonly AnyActivity[];
  /** False: nobody runs executions. Default true. */
  readonly runs?: boolean;
  readonly system?: SystemTaskOptions;
  readonly plugin?: Partial<ConductorPluginOptions>;
  readonly credentials?: GatewayAccess["credentials"];
}

/** A gateway with Conductor's API and an engine that runs its executions, in one namespace; closed when the test ends. */
export async function openConductor(options: OpenConductorOptions = {}) {
  const { namespace = randomNamespace("conductor"), activities = [], runs = true } = options;
  const log = createLogger({ name: "test", level: "silent" });
  const connection = { url: inject("redisUrl") };
  const store = await createRedisStore({ connection, namespace, partitions: 2 });
  const taskQueue = createTaskQueue({ connection, namespace, log });
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const queues = new QueueClient(store, taskQueue);
  const { documents } = store;
  const gateway = createGateway({
    ...{ client, queues, log },
    access: { store: store.access, credentials: options.credentials ?? "none" },
    plugins: [
      conductorPlugin({
        ...{ client, queues, documents, store, tickets: taskQueue },
        ...{ egress: options.system?.http, secrets: options.system?.secrets },
        ...options.plugin,
      }),
    ],
  });
  onTestFinished(async () => {
    await gateway.close();
    await taskQueue.close();
    await store.close();
  });
  if (runs) {
    const system = createSystemTasks({
      ...{ sandbox: { deadlineMs: 60_000 }, sinks: { conductor: conductorSink(client) } },
      ...options.system,
    });
    onTestFinished(() => system.close());
    await openEngine({
      namespace,
      workflows: [...conductorWorkflows],
      activities: [
        ...systemTaskActivities(system),
        ...definitionActivities(new MetadataStore(documents)),
        ...eventActivities({ client, handlers: new EventHandlerStore(documents) }),
        ...domainActivities(store),
        ...activities,
      ],
    });
  }

  const call = async (
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> => {
    const reply = await gateway.inject({
      method,
      url: `/api${path}`,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    const text = reply.body;
    const isJson = String(reply.headers["content-type"]).startsWith("application/json");
    return {
      ...{ status: reply.statusCode, headers: reply.headers, text },
      body: isJson && text !== "" ? reply.json<Json>() : {},
    };
  };
  return {
    ...{ namespace, gateway, store, client, call },
    get: (path: string) => call("GET", path),
    post: (path: string, body?: unknown) => call("POST", path, body),
    put: (path: string, body?: unknown) => call("PUT", path, body),
    delete: (path: string) => call("DELETE", path),
  };
}

/** A task of a definition: its name is its reference name. */
export function task(ref: string, type = "SIMPLE", rest: Json = {}): Json {
  return { name: ref, taskReferenceName: ref, type, ...rest };
}
