import {
  QueueClient,
  WorkflowClient,
  type AcceptingStore,
  type AccessStore,
  type QueueStore,
} from "@heddle/core";
import { ROLES } from "@heddle/protocol";
import { createLogger } from "@heddle/telemetry";
import type { OpenAPIV3_1 } from "openapi-types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PERMISSIONS } from "../access/permissions.js";
import { createGateway, type Gateway } from "../create-gateway.js";

const ids = { randomId: () => "random", workflowId: () => "fresh" };
const registered = new Set<string>();
let gateway: Gateway;
let document: OpenAPIV3_1.Document;

beforeAll(async () => {
  const client = new WorkflowClient({} as AcceptingStore, ids, { maxPayloadBytes: 1_024 });
  gateway = createGateway({
    client,
    queues: new QueueClient({} as QueueStore, { backlog: () => Promise.reject(new Error("not asked")) }),
    access: { store: {} as AccessStore, credentials: "none" },
    log: createLogger({ name: "test", level: "silent" }),
  });
  gateway.addHook("onRoute", ({ method, url }) => {
    // Fastify adds a HEAD route to each GET; documents leave it out by custom.
    for (const one of [method].flat().filter((name) => name !== "HEAD")) {
      registered.add(`${one} ${url.replace(/:(\w+)/g, "{$1}")}`);
    }
  });
  const reply = await gateway.inject("/openapi.json");
  document = reply.json();
});
afterAll(() => gateway.close());

function operations(): [name: string, operation: OpenAPIV3_1.OperationObject][] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(([method, operation]): [string, OpenAPIV3_1.OperationObject] => [
      `${method.toUpperCase()} ${path}`,
      operation as OpenAPIV3_1.OperationObject,
    ]),
  );
}

function references(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    key === "$ref" && typeof value === "string" ? [value] : references(value),
  );
}

test("the document is OpenAPI 3.1", () => {
  expect(document.openapi).toBe("3.1.0");
});

test("every route is documented and every documented route exists", () => {
  expect(registered.size).toBeGreaterThan(15);
  expect(
    operations()
      .map(([name]) => name)
      .sort(),
  ).toEqual([...registered].sort());
});

test("every operation has its own id, a summary, a success and an error reply", () => {
  const names = operations().map(([, { operationId }]) => operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const [name, { operationId, summary, responses }] of operations()) {
    expect(operationId, name).toBeTruthy();
    expect(summary, name).toBeTruthy();
    expect(Object.keys(responses ?? {}), name).toContain("5XX");
    expect(
      Object.keys(responses ?? {}).some((status) => status.startsWith("2")),
      name,
    ).toBe(true);
  }
});

test("every path parameter is documented", () => {
  for (const [name, { parameters = [] }] of operations()) {
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    const documented = (parameters as OpenAPIV3_1.ParameterObject[]).filter((one) => one.in === "path");
    expect(documented.map((one) => one.name).sort(), name).toEqual(inPath.sort());
  }
});

test("components are exactly those referred to, and every reference leads to one", () => {
  const names = Object.keys(document.components?.schemas ?? {}).map((name) => `#/components/schemas/${name}`);
  expect([...new Set(references(document))].sort()).toEqual(names.sort());
  expect(names).toContain("#/components/schemas/Problem");
  expect(names).toContain("#/components/schemas/StartWorkflowInput");
});

test("errors are problem+json in the document as well", () => {
  const start = document.paths?.["/api/v1/workflows"]?.post?.responses as Record<string, unknown>;
  expect(start["4XX"]).toMatchObject({
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  });
});

test("list parameters are documented with their types and bounds", () => {
  const parameters = document.paths?.["/api/v1/workflows"]?.get?.parameters as OpenAPIV3_1.ParameterObject[];
  const byName = new Map(parameters.map((one) => [one.name, one]));
  expect(byName.get("limit")).toMatchObject({
    in: "query",
    schema: { type: "integer", minimum: 1, maximum: 500 },
  });
  expect(byName.get("status")).toMatchObject({ schema: { type: "array", items: { type: "string" } } });
  expect(parameters.some((one) => one.required === true)).toBe(false);
});

test("every operation says which role it needs, and only health and discovery need none", () => {
  const open = operations()
    .filter(([, { security }]) => security?.length === 0)
    .map(([name]) => name);
  expect(open.sort()).toEqual(["GET /", "GET /livez", "GET /openapi.json", "GET /readyz"]);
  const signed = operations()
    .filter(([, { security }]) => security?.some((each) => "signature" in each))
    .map(([name]) => name);
  // A webhook cannot have a role: its credential says who sent the body, not who calls.
  expect(signed).toEqual(["POST /hooks/{name}"]);
  for (const [name, operation] of operations().filter(([one]) => ![...open, ...signed].includes(one))) {
    expect(ROLES, name).toContain((operation as Record<string, unknown>)["x-heddle-role"]);
  }
  expect(document.security).toEqual([{ bearer: [] }]);
  expect(document.components?.securitySchemes).toHaveProperty("bearer");
  expect(document.components?.securitySchemes).toHaveProperty("signature");
});

test("the table of permissions lists the operations of the document and nothing else", () => {
  const documented = operations().map(([, { operationId }]) => operationId);
  expect([...PERMISSIONS.keys()].sort()).toEqual(documented.sort());
});

test("bodies and replies in JSON may be MessagePack as well, and errors and streams may not", () => {
  const start = document.paths?.["/api/v1/workflows"]?.post;
  const body = start?.requestBody as OpenAPIV3_1.RequestBodyObject;
  expect(Object.keys(body.content)).toEqual(["application/json", "application/msgpack"]);
  const replies = start?.responses as Record<string, OpenAPIV3_1.ResponseObject>;
  expect(Object.keys(replies["201"]?.content ?? {})).toEqual(["application/json", "application/msgpack"]);
  expect(Object.keys(replies["4XX"]?.content ?? {})).toEqual(["application/problem+json"]);
  const stream = document.paths?.["/api/v1/workflows/stream"]?.get?.responses as typeof replies;
  expect(Object.keys(stream["200"]?.content ?? {})).toEqual(["text/event-stream"]);
});
