import { WorkflowClient, type AcceptingStore, type AccessStore } from "@heddle/core";
import { createLogger } from "@heddle/telemetry";
import { describe, expect, onTestFinished, test } from "vitest";
import { createGateway, type Gateway, type GatewayOptions } from "../create-gateway.js";

const ids = { randomId: () => "random", workflowId: () => "fresh" };

function open(options: Partial<GatewayOptions> = {}): Gateway {
  const gateway = createGateway({
    client: new WorkflowClient({} as AcceptingStore, ids, { maxPayloadBytes: 1_024 }),
    access: { store: {} as AccessStore },
    log: createLogger({ name: "test", level: "silent" }),
    ...options,
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

test.each(["/livez", "/nowhere", "/api/v1/workflows"])(
  "no browser runs, frames or keeps what %s says",
  async (url) => {
    const { headers } = await open().inject(url);
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    expect(headers).not.toHaveProperty("strict-transport-security");
    expect(headers).not.toHaveProperty("access-control-allow-origin");
    expect(headers).not.toHaveProperty("server");
  },
);

test("behind a proxy that ends TLS browsers are told to stay with it", async () => {
  const headers = { "x-forwarded-proto": "https" };
  const trusting = await open({ trustProxy: ["127.0.0.1"] }).inject({ url: "/livez", headers });
  expect(trusting.headers["strict-transport-security"]).toBe("max-age=31536000");
  const wary = await open().inject({ url: "/livez", headers });
  expect(wary.headers).not.toHaveProperty("strict-transport-security");
});

describe("pages of other origins", () => {
  const ORIGIN = "https://console.example.org";
  const ask = (origin: string, method: "GET" | "OPTIONS" = "GET") =>
    open({ corsOrigins: [ORIGIN] }).inject({
      method,
      url: "/api/v1/workflows",
      headers: { origin, ...(method === "OPTIONS" ? { "access-control-request-method": "POST" } : {}) },
    });

  test("on the list may read replies, refusals too", async () => {
    const reply = await ask(ORIGIN);
    expect(reply.statusCode).toBe(401);
    expect(reply.headers).toMatchObject({ "access-control-allow-origin": ORIGIN, vary: "Origin" });
    expect(reply.headers).not.toHaveProperty("access-control-allow-credentials");
  });

  test("on the list learn without credentials what they may send", async () => {
    const reply = await ask(ORIGIN, "OPTIONS");
    expect(reply.statusCode).toBe(204);
    expect(reply.headers["access-control-allow-origin"]).toBe(ORIGIN);
    expect(reply.headers["access-control-allow-headers"]).toContain("authorization");
  });

  test.each([
    "https://evil.example",
    "null",
    "https://console.example.org.evil.example",
    "https://evilconsole.example.org",
    "http://console.example.org",
    "https://console.example.org:8443",
    "https://CONSOLE.example.org",
  ])("such as %s may read nothing", async (origin) => {
    for (const method of ["GET", "OPTIONS"] as const) {
      const reply = await ask(origin, method);
      expect(reply.headers).not.toHaveProperty("access-control-allow-origin");
      expect(reply.headers.vary).toContain("Origin");
    }
  });

  test("learn nothing when no origin is listed", async () => {
    const reply = await open().inject({
      method: "OPTIONS",
      url: "/api/v1/workflows",
      headers: { origin: ORIGIN, "access-control-request-method": "POST" },
    });
    expect(reply.statusCode).toBe(405);
    expect(reply.headers).not.toHaveProperty("access-control-allow-origin");
  });
});

test("nobody is who a header says he is", async () => {
  const names = ["x-forwarded-user", "x-remote-user", "x-api-key", "x-api-key-id", "x-heddle-role", "cookie"];
  const headers = Object.fromEntries(names.map((name) => [name, "admin"]));
  const reply = await open().inject({ url: "/api/v1/workflows", headers });
  expect(reply.statusCode).toBe(401);
  expect(reply.headers["www-authenticate"]).toBe('Bearer realm="heddle"');
});
