// Gateways that ask who calls, as replicas of one namespace, with everything they log.
import { QueueClient, WorkflowClient } from "@heddle/core";
import {
  createGateway,
  type Credentials,
  type EventRules,
  type Gateway,
  type GatewayAccess,
  type Webhooks,
} from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace } from "@heddle/testkit";
import { inject, onTestFinished } from "vitest";

export const ADMIN_KEY = "admin-key-of-a-test-0123456789abcdef";

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Record<string, unknown>;
}

export interface GuardedGateways {
  readonly namespace: string;
  readonly gateways: readonly Gateway[];
  /** Everything logged so far. */
  readonly logLines: readonly string[];
  /** Calls a replica, the first unless told otherwise, with a key or a token. */
  call(key: string | undefined, request: Call): Promise<Reply>;
  /** A fresh key, made by the admin. */
  createKey(options: { role: string } & Record<string, unknown>): Promise<{ id: string; key: string }>;
  close(): Promise<void>;
}

export interface Call {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: object;
  /** A body that is sent as it stands. */
  readonly text?: string;
  readonly replica?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
}

interface Options {
  readonly replicas?: number;
  readonly redisUrl?: string;
  readonly credentials?: Credentials;
  readonly namespace?: string;
  /** Without it the gateways are closed when the test ends. */
  readonly endsWithTest?: false;
  readonly limits?: Pick<GatewayAccess, "requestsPerSecond" | "namespaceRequestsPerSecond">;
  readonly webhooks?: Webhooks;
  readonly eventRules?: EventRules;
}

export async function openGuardedGateways(options: Options = {}): Promise<GuardedGateways> {
  const { replicas = 1, redisUrl = inject("redisUrl"), namespace = randomNamespace("access") } = options;
  const logLines: string[] = [];
  const endings: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(endings.splice(0).map((end) => end()));
  };
  if (options.endsWithTest !== false) onTestFinished(close);
  const log = createLogger({
    name: "test",
    level: "trace",
    destination: { write: (line) => void logLines.push(line) },
  });
  const openOne = async (): Promise<Gateway> => {
    const store = await createRedisStore({
      connection: { url: redisUrl },
      namespace,
      partitions: 1,
      callTimeoutMs: 2_000,
    });
    const taskQueue = createTaskQueue({ connection: { url: redisUrl }, namespace, log });
    const gateway = createGateway({
      queues: new QueueClient(store, taskQueue),
      client: new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES }),
      access: {
        store: store.access,
        credentials: { adminKey: ADMIN_KEY, ...options.credentials },
        ...options.limits,
      },
      log,
      webhooks: options.webhooks,
      eventRules: options.eventRules,
    });
    endings.push(async () => {
      await gateway.close();
      await taskQueue.close();
      await store.close();
    });
    return gateway;
  };
  const gateways = await Promise.all(Array.from({ length: replicas }, openOne));

  const call = async (key: string | undefined, request: Call): Promise<Reply> => {
    const { method, url, body, text, replica = 0, headers = {}, address = "127.0.0.1" } = request;
    const gateway = gateways[replica];
    if (gateway === undefined) throw new Error(`there is no replica ${replica}`);
    const reply = await gateway.inject({
      method,
      url,
      headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
      remoteAddress: address,
      ...(body === undefined && text === undefined ? {} : { payload: text ?? body }),
    });
    return { status: reply.statusCode, headers: reply.headers, body: reply.json() };
  };
  const createKey: GuardedGateways["createKey"] = async (wanted) => {
    const body = { label: `a ${wanted.role}`, ...wanted };
    const created = await call(ADMIN_KEY, { method: "POST", url: "/api/v1/keys", body });
    if (created.status !== 201) throw new Error(JSON.stringify(created.body));
    return { id: String(created.body["id"]), key: String(created.body["key"]) };
  };
  return { namespace, gateways, logLines, call, createKey, close };
}
