// Events of other systems, signed by them, over a real Redis.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseWebhooks } from "@heddle/gateway";
import { randomNamespace, startTcpProxy, startTestRedis, waitFor } from "@heddle/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { collectNotes } from "./support/collecting-workflows.js";
import { ADMIN_KEY, openGuardedGateways } from "./support/guarded-gateways.js";
import { contentOf, openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";
import { serveGateway } from "./support/served-gateway.js";
import { signedHeaders, WEBHOOK_SECRET } from "./support/signed-delivery.js";

const OLD_SECRET = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
const secrets: Readonly<Record<string, string>> = { SECRET: WEBHOOK_SECRET, OLD: OLD_SECRET };
const order = {
  scheme: "standard",
  secretVariables: ["SECRET", "OLD"],
  workflowId: { pointer: "/order", prefix: "order-" },
  signal: { value: "paid" },
};
const FILE = {
  orders: { ...order, start: { type: "order", input: "/order" } },
  payments: { ...order, payload: "/amount", when: [{ pointer: "/type", in: ["paid"] }] },
};
const EVENT = '{"type":"paid","order":7,"amount":12.5}';
const webhooks = parseWebhooks(JSON.stringify(FILE), (name) => secrets[name]);

async function openWebhooks(options: { replicas?: number; redisUrl?: string } = {}) {
  const open = await openGuardedGateways({ webhooks, ...options });
  const deliver = (
    hook: string,
    headers: Readonly<Record<string, string>>,
    { body = EVENT, ...request }: { body?: string; replica?: number; address?: string } = {},
  ) => open.call(undefined, { method: "POST", url: `/hooks/${hook}`, text: body, headers, ...request });
  const admin = (url: string) => open.call(ADMIN_KEY, { method: "GET", url });
  return { ...open, deliver, admin };
}

describe("a signed delivery", () => {
  test("starts its workflow, later signals it, and is a duplicate when it comes again, to whichever gateway", async () => {
    const { deliver, admin } = await openWebhooks({ replicas: 2 });
    const first = await deliver("orders", signedHeaders(EVENT, { id: "e-1" }));
    expect(first).toMatchObject({ status: 202, body: { id: "order-7", outcome: "started" } });
    const again = await deliver("orders", signedHeaders(EVENT, { id: "e-1" }), { replica: 1 });
    expect(again).toMatchObject({ status: 200, body: { ...first.body, outcome: "duplicate" } });
    const signalled = await deliver("orders", signedHeaders(EVENT, { id: "e-2", secret: OLD_SECRET }));
    expect(signalled).toMatchObject({ status: 202, body: { ...first.body, outcome: "signalled" } });
    expect((await admin("/api/v1/workflows/order-7")).body).toMatchObject({ type: "order", accepted: 3 });
  });

  test("of a webhook that only signals needs its workflow", async () => {
    const { call, deliver, admin } = await openWebhooks();
    const headers = signedHeaders(EVENT, { id: "e-1" });
    expect(await deliver("payments", headers)).toMatchObject({
      status: 404,
      body: { code: "WORKFLOW_NOT_FOUND" },
    });
    const start = { type: "order", id: "order-7" };
    await call(ADMIN_KEY, { method: "POST", url: "/api/v1/workflows", body: start });
    const accepted = await deliver("payments", headers);
    expect(accepted).toMatchObject({ status: 202, body: { id: "order-7", outcome: "signalled" } });
    expect(await deliver("payments", headers)).toMatchObject({
      status: 200,
      body: { ...accepted.body, outcome: "duplicate" },
    });
    expect((await admin("/api/v1/workflows/order-7")).body).toMatchObject({ accepted: 2 });
  });

  test("that is not meant is answered and changes nothing", async () => {
    const { deliver, admin } = await openWebhooks();
    const body = '{"type":"refunded"}';
    const ignored = await deliver("payments", signedHeaders(body, { id: "e-1" }), { body });
    expect(ignored).toMatchObject({ status: 200, body: { outcome: "ignored" } });
    expect((await admin("/api/v1/workflows/count")).body).toEqual({ count: 0 });
  });

  test("is audited with its webhook as who did it", async () => {
    const { deliver, admin } = await openWebhooks();
    await deliver("orders", signedHeaders(EVENT, { id: "e-1" }));
    // Not before a signature was looked at: there is no end of such calls.
    await deliver("orders", { ...signedHeaders(EVENT, { id: "e-2" }), "content-type": "text/plain" });
    await deliver("orders", {}, { address: "10.9.9.9" });
    const entries = async () => (await admin("/api/v1/audit")).body["items"] as object[];
    await waitFor(async () => (await entries()).length === 2, { description: "both are in the stream" });
    const operation = "receiveWebhook";
    expect(await entries()).toMatchObject([
      {
        who: "unknown",
        operation,
        name: "orders",
        status: 401,
        code: "UNAUTHENTICATED",
        address: "10.9.9.9",
      },
      { who: "webhook:orders", operation, name: "orders", object: "order-7", status: 202 },
    ]);
  });

  test.each([
    ["is no JSON", "{", 400, "MALFORMED_JSON"],
    ["is empty", "", 400, "MALFORMED_JSON"],
    ["lacks the workflow id", '{"amount":1}', 400, "INVALID_ARGUMENT"],
    ["has another value there", '{"order":{"id":7}}', 400, "INVALID_ARGUMENT"],
    ["holds __proto__", '{"order":7,"__proto__":{}}', 400, "INVALID_ARGUMENT"],
    [
      "is larger than a webhook may be",
      `{"order":7,"x":"${"x".repeat(1024 * 1024)}"}`,
      413,
      "PAYLOAD_TOO_LARGE",
    ],
  ])("whose body %s is refused and writes nothing", async (_name, body, status, code) => {
    const { deliver, admin } = await openWebhooks();
    const refused = await deliver("orders", signedHeaders(body, { id: "e-1" }), { body });
    expect(refused).toMatchObject({ status, body: { code } });
    if (code === "INVALID_ARGUMENT" && !body.includes("proto")) {
      expect(refused.body["details"]).toEqual({ field: "/order" });
    }
    expect((await admin("/api/v1/workflows/count")).body).toEqual({ count: 0 });
  });

  test("with an event id that is too long is refused", async () => {
    const { deliver } = await openWebhooks();
    const refused = await deliver("orders", signedHeaders(EVENT, { id: "e".repeat(129) }));
    expect(refused).toMatchObject({
      status: 400,
      body: { code: "INVALID_ARGUMENT", details: { field: "signalId" } },
    });
  });

  test.each(["application/x-www-form-urlencoded", "text/plain", "application/cloudevents+json"])(
    "as %s is refused",
    async (type) => {
      const { deliver } = await openWebhooks();
      const refused = await deliver("orders", {
        ...signedHeaders(EVENT, { id: "e-1" }),
        "content-type": type,
      });
      expect(refused).toMatchObject({ status: 415, body: { code: "UNSUPPORTED_MEDIA_TYPE" } });
    },
  );
});

describe("whoever does not sign as he should", () => {
  const now = Math.floor(Date.now() / 1_000);
  const good = signedHeaders(EVENT, { id: "e-1", atSeconds: now });
  const foreign = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
  const without = (name: string) =>
    Object.fromEntries(Object.entries(good).filter(([each]) => each !== name));

  test.each<[string, string, Record<string, string>, string?]>([
    ["with another secret", "orders", signedHeaders(EVENT, { id: "e-1", secret: foreign })],
    ["with an empty secret", "orders", signedHeaders(EVENT, { id: "e-1", secret: "whsec_" })],
    ["a body with one space more", "orders", good, `${EVENT} `],
    ["the same JSON in other bytes", "orders", good, EVENT.replace(",", ", ")],
    ["under another event id", "orders", { ...good, "webhook-id": "e-2" }],
    ["at another time", "orders", { ...good, "webhook-timestamp": String(now + 1) }],
    ["six minutes ago", "orders", signedHeaders(EVENT, { id: "e-1", atSeconds: now - 360 })],
    ["six minutes ahead", "orders", signedHeaders(EVENT, { id: "e-1", atSeconds: now + 360 })],
    ["without an id", "orders", without("webhook-id")],
    ["without a time", "orders", without("webhook-timestamp")],
    ["without a signature", "orders", without("webhook-signature")],
    [
      "with an API key instead",
      "orders",
      { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
    ],
    ["for a webhook that is not there", "other", good],
    ["for a property of objects", "constructor", good],
  ])("(%s) is told the same for every reason, and nothing is written", async (_name, hook, headers, body) => {
    const { deliver, namespace, logLines } = await openWebhooks();
    const before = await contentWithoutAudit(namespace);
    const refused = await deliver(hook, headers, body === undefined ? {} : { body });
    expect(refused).toMatchObject({
      status: 401,
      body: { code: "UNAUTHENTICATED", retryable: false, details: {} },
    });
    expect(refused.body["detail"]).toBe(
      "the request is not signed as this webhook asks for; the gateway's log has the reason under this request id",
    );
    expect(refused.headers["www-authenticate"]).toBe('Signature realm="heddle"');
    expect(await contentWithoutAudit(namespace)).toEqual(before);
    const logged = logLines.filter((line) => line.includes("webhook refused"));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(String(refused.body["requestId"]));
    expect(logLines.join("")).not.toContain(headers["webhook-signature"] ?? WEBHOOK_SECRET);
  });

  test("too often is held off by address, and nobody who signs well pays for it", async () => {
    const { deliver, logLines } = await openWebhooks();
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 25; attempt++) {
      statuses.push((await deliver("orders", without("webhook-signature"), { address: "10.3.0.1" })).status);
    }
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(new Set(statuses.slice(20))).toEqual(new Set([429]));
    expect(logLines.filter((line) => line.includes("webhook refused"))).toHaveLength(20);
    const fromThere = await deliver("orders", signedHeaders(EVENT, { id: "e-1" }), { address: "10.3.0.1" });
    expect(fromThere).toMatchObject({ status: 202 });
    expect(await deliver("orders", {}, { address: "10.3.0.2" })).toMatchObject({ status: 401 });
  });

  async function contentWithoutAudit(namespace: string): Promise<Record<string, string>> {
    const entries = Object.entries(await contentOf(openRedis(), namespace));
    return Object.fromEntries(entries.filter(([key]) => !/:audit(-batches)?$/.test(key)));
  }
});

test("a gateway without webhooks refuses each", async () => {
  const { call } = await openGuardedGateways();
  const headers = signedHeaders(EVENT, { id: "e-1" });
  expect(await call(undefined, { method: "POST", url: "/hooks/orders", text: EVENT, headers })).toMatchObject(
    {
      status: 401,
    },
  );
});

test("without Redis the sender is told to repeat, and the repetition is accepted once", async () => {
  const redis = await startTestRedis();
  onTestFinished(() => redis.stop());
  const { deliver, admin } = await openWebhooks({ redisUrl: redis.url });
  await deliver("orders", signedHeaders(EVENT, { id: "e-1" }));
  await redis.kill();
  const refused = await deliver("orders", signedHeaders(EVENT, { id: "e-2" }));
  expect(refused).toMatchObject({ status: 503, body: { code: "UNAVAILABLE", retryable: true } });
  expect(refused.headers["retry-after"]).toBe("1");
  await redis.restart();
  const repeated = async () => (await deliver("orders", signedHeaders(EVENT, { id: "e-2" }))).status;
  await waitFor(async () => [200, 202].includes(await repeated()), {
    timeoutMs: 20_000,
    description: "the repetition is accepted",
  });
  expect(await repeated()).toBe(200);
  expect((await admin("/api/v1/workflows/order-7")).body).toMatchObject({ accepted: 3 });
});

test("an event whose answer is lost, or whose gateway is killed, is repeated by its sender and happens once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "heddle-webhooks-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const notes = {
    scheme: "standard",
    secretVariables: ["NOTES_SECRET"],
    workflowId: { pointer: "/list" },
    signal: { value: "note" },
    payload: "/note",
    start: { type: "collect-notes", input: "/input" },
  };
  await writeFile(join(folder, "webhooks.json"), JSON.stringify({ notes }));
  await writeFile(join(folder, "secret"), `${WEBHOOK_SECRET}\n`);
  const env = {
    HEDDLE_WEBHOOKS_FILE: join(folder, "webhooks.json"),
    NOTES_SECRET_FILE: join(folder, "secret"),
  };
  const namespace = randomNamespace("webhooks");
  const engine = await openEngine({ namespace, workflows: [collectNotes] });
  const first = await serveGateway({ namespace, env });
  const proxy = await startTcpProxy({ targetPort: first.port });
  onTestFinished(() => proxy.stop());

  const deliver = async (port: number, value: number) => {
    const body = JSON.stringify({ list: "list-1", note: value, input: { count: 3 } });
    const headers = signedHeaders(body, { id: `e-${value}` });
    const reply = await fetch(`http://127.0.0.1:${port}/hooks/notes`, { method: "POST", body, headers });
    return { status: reply.status, body: (await reply.json()) as { outcome: string } };
  };
  for (const value of [1, 2]) {
    const before = proxy.droppedReplyBytes;
    proxy.dropReplies(true);
    const lost = deliver(proxy.port, value).catch(() => "no answer");
    await waitFor(() => proxy.droppedReplyBytes > before, { description: "an answer is lost" });
    // The first sender's connection breaks; the second one's gateway is gone as well.
    if (value === 2) await first.process.kill();
    proxy.dropReplies(false);
    expect(await lost).toBe("no answer");
    const { port } = value === 1 ? proxy : await serveGateway({ namespace, env });
    expect(await deliver(port, value)).toMatchObject({ status: 200, body: { outcome: "duplicate" } });
    if (value === 2) expect(await deliver(port, 3)).toMatchObject({ status: 202 });
  }
  expect(await engine.getHandle("list-1").result()).toEqual([1, 2, 3]);
});
