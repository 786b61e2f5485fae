import { HeddleError } from "@heddle/protocol";
import { createLogger } from "@heddle/telemetry";
import { WorkflowClient, type AcceptingStore, type AccessStore } from "@heddle/core";
import { expect, onTestFinished, test } from "vitest";
import { changes, reads } from "./access/permissions.js";
import { createGateway } from "./create-gateway.js";
import type { GatewayPlugin } from "./gateway-plugin.js";

const plugin = (register: GatewayPlugin["register"]): GatewayPlugin => ({
  name: "other",
  prefix: "/api",
  register,
  sendError: ({ code }, _request, reply) => reply.code(418).send({ other: code }),
});

function open(register: GatewayPlugin["register"]) {
  const ids = { randomId: () => "random", workflowId: () => "fresh" };
  const gateway = createGateway({
    client: new WorkflowClient({} as AcceptingStore, ids, { maxPayloadBytes: 1_024 }),
    log: createLogger({ name: "test", level: "silent" }),
    access: { store: {} as AccessStore, credentials: {} },
    plugins: [plugin(register)],
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

test("a plugin's errors have its own shape below its prefix, and nowhere else", async () => {
  const gateway = open((app) => {
    const open = { needs: "open", changes: false } as const;
    app.get("/fails", { config: { permission: open }, schema: { operationId: "other.fail" } }, () => {
      throw new HeddleError("TASK_NOT_FOUND", "there is none");
    });
    app.post(
      "/guarded",
      { config: { permission: changes("operator") }, schema: { operationId: "other.do" } },
      () => ({}),
    );
  });
  const answer = async (method: "GET" | "POST" | "DELETE", url: string) => {
    const reply = await gateway.inject({ method, url });
    const { other, code } = reply.json<{ other?: string; code?: string }>();
    return [reply.statusCode, other ?? code];
  };
  expect(await answer("GET", "/api/fails")).toEqual([418, "TASK_NOT_FOUND"]);
  expect(await answer("POST", "/api/guarded")).toEqual([418, "UNAUTHENTICATED"]);
  expect(await answer("DELETE", "/api/fails")).toEqual([418, "METHOD_NOT_ALLOWED"]);
  expect(await answer("GET", "/api/none")).toEqual([418, "ROUTE_NOT_FOUND"]);
  expect(await answer("GET", "/api/v1/none")).toEqual([404, "ROUTE_NOT_FOUND"]);
  expect(await answer("GET", "/apis")).toEqual([404, "ROUTE_NOT_FOUND"]);
});

test("a route whose plugin does not say who may call it is refused when the gateway is created", async () => {
  const gateway = open((app) => {
    app.get("/open", { schema: { operationId: "other.open" } }, () => "");
  });
  await expect(Promise.resolve(gateway.ready())).rejects.toThrow("other.open has no least role");
});

test("what a plugin adds to its scope is not in others", async () => {
  const gateway = open((app) => {
    app.addContentTypeParser("text/plain", { parseAs: "string" }, (_request, body, done) => done(null, body));
    app.get("/a", { config: { permission: reads("reader") }, schema: { operationId: "other.a" } }, () => "");
  });
  await gateway.ready();
  expect(gateway.hasContentTypeParser("text/plain")).toBe(false);
});
