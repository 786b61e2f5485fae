// Who may call Conductor's API: every route of it, with every role.
import { conductorPlugin } from "@heddle/conductor/gateway";
import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { includesRole, MAX_PAYLOAD_BYTES, ROLES, type Role } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { ADMIN_KEY } from "./support/guarded-gateways.js";

/** Takes its credentials in the body: conductor-sdk-access.test.ts. */
const OPEN = "conductor.exchangeKey";
const METHODS = ["get", "post", "put", "delete"] as const;

interface Operation {
  readonly operationId: string;
  readonly "x-heddle-role"?: Role;
}

async function openGuarded() {
  const namespace = randomNamespace("conductor");
  const connection = { url: inject("redisUrl") };
  const store = await createRedisStore({ connection, namespace });
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const log = createLogger({ name: "test", level: "silent" });
  const tickets = createTaskQueue({ connection, namespace, log });
  const gateway = createGateway({
    client,
    log,
    access: { store: store.access, credentials: { adminKey: ADMIN_KEY }, requestsPerSecond: 0 },
    plugins: [conductorPlugin({ client, documents: store.documents, store, tickets })],
  });
  onTestFinished(async () => {
    await gateway.close();
    await tickets.close();
    await store.close();
  });
  await gateway.ready();
  const { paths = {} } = gateway.swagger() as unknown as {
    paths?: Record<string, Record<string, Operation>>;
  };
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const operation = operations[method];
      if (operation?.operationId.startsWith("conductor.") !== true) return [];
      return operation.operationId === OPEN ? [] : [{ path, method, operation }];
    }),
  );
  const call = (
    { path, method }: { path: string; method: (typeof METHODS)[number] },
    key?: string,
    remoteAddress = "127.0.0.1",
  ) =>
    gateway.inject({
      remoteAddress,
      method: method.toUpperCase() as "GET",
      url: path.replaceAll(/\{\w+\}/g, "1"),
      headers: {
        ...(method === "get" ? {} : { "content-type": "application/json" }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      ...(method === "get" ? {} : { payload: "[]" }),
    });
  const keyOf = async (role: Role): Promise<string> => {
    const reply = await gateway.inject({
      ...{ method: "POST", url: "/api/v1/keys", headers: { authorization: `Bearer ${ADMIN_KEY}` } },
      payload: { label: role, role },
    });
    return reply.json<{ key: string }>().key;
  };
  return { gateway, routes, call, keyOf };
}

test("nobody calls any route without credentials, and each role those that are its own", async () => {
  const { routes, call, keyOf } = await openGuarded();
  expect(routes.length).toBeGreaterThan(30);
  const keys = await Promise.all(ROLES.map(async (role) => ({ role, key: await keyOf(role) })));
  for (const [index, route] of routes.entries()) {
    const { operationId, "x-heddle-role": needs = "admin" } = route.operation;
    // Each from elsewhere: who fails too often is not even refused any more.
    const stranger = await call(route, undefined, `10.0.0.${index + 1}`);
    expect(stranger.statusCode, operationId).toBe(401);
    expect(stranger.json(), operationId).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
    expect(stranger.headers["www-authenticate"]).toContain("Bearer");
    for (const { role, key } of keys) {
      const { statusCode } = await call(route, key);
      const what = `${operationId} as ${role}`;
      if (includesRole(role, needs)) expect([401, 403], what).not.toContain(statusCode);
      else expect(statusCode, what).toBe(403);
    }
  }
});

test("changes and their callers are in the audit log", async () => {
  const { gateway, keyOf } = await openGuarded();
  const headers = { authorization: `Bearer ${await keyOf("operator")}` };
  const definition = { name: "ship", tasks: [{ name: "a", taskReferenceName: "a" }] };
  await gateway.inject({ method: "POST", url: "/api/metadata/workflow", headers, payload: definition });
  const started = await gateway.inject({ method: "POST", url: "/api/workflow/ship", headers, payload: {} });
  const audited = await waitFor(
    async () => {
      const reply = await gateway.inject({
        ...{ method: "GET", url: "/api/v1/audit", headers: { authorization: `Bearer ${ADMIN_KEY}` } },
      });
      const { items } = reply.json<{ items: { operation: string; object?: string }[] }>();
      const told = items.map(({ operation, object }) => `${operation} ${object ?? ""}`);
      return told.some((each) => each.startsWith("conductor.start")) ? told : undefined;
    },
    { description: "the start is in the audit log" },
  );
  expect(audited).toContain(`conductor.startWorkflowByName ${started.body}`);
  expect(audited).toContain("conductor.registerWorkflow ship");
});
