import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace } from "@heddle/testkit";
import { inject, onTestFinished } from "vitest";

/** A gateway in a namespace of its own, called without a socket; closed when the test ends. */
export async function openGateway(options: { readonly namespace?: string } = {}) {
  const { namespace = randomNamespace("gateway") } = options;
  const store = await createRedisStore({ connection: { url: inject("redisUrl") }, namespace });
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const gateway = createGateway({
    client,
    access: { store: store.access, credentials: "none" },
    log: createLogger({ name: "test", level: "silent" }),
  });
  onTestFinished(async () => {
    await gateway.close();
    await store.close();
  });
  const call = async (method: "GET" | "POST" | "PATCH", path: string, payload?: object) => {
    const url = `/api/v1/workflows${path}`;
    const reply = await gateway.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
    return { status: reply.statusCode, body: reply.json<Record<string, unknown>>() };
  };
  return {
    namespace,
    gateway,
    post: (path: string, body: object) => call("POST", path, body),
    patch: (path: string, body: object) => call("PATCH", path, body),
    get: (path: string) => call("GET", path),
    /** The reply itself, headers and all. */
    inject: gateway.inject.bind(gateway),
  };
}
