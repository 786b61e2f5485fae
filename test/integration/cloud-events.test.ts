// CloudEvents in their three modes, over a real Redis.
import { parseEventRules } from "@heddle/gateway";
import { describe, expect, test } from "vitest";
import { ADMIN_KEY, openGuardedGateways } from "./support/guarded-gateways.js";
import { contentOf, openRedis } from "./support/namespace-keys.js";

const STRUCTURED = { "content-type": "application/cloudevents+json; charset=utf-8" };
const BATCH = { "content-type": "application/cloudevents-batch+json" };
const EVENT = {
  ...{ specversion: "1.0", id: "e-1", source: "/shop", type: "order.paid", subject: "order-7" },
  data: { amount: 12.5 },
};
const RULES = {
  "order.paid": {
    signal: "paid",
    workflowIdPrefix: "order-",
    start: { type: "order", input: "/amount" },
  },
};

async function openEvents({ rules = {} }: { rules?: object } = {}) {
  const open = await openGuardedGateways({ eventRules: parseEventRules(JSON.stringify(rules)) });
  const send = (body: object | string | undefined, headers: Readonly<Record<string, string>> = STRUCTURED) =>
    open.call(ADMIN_KEY, {
      ...{ method: "POST", url: "/api/v1/events", headers },
      ...(body === undefined ? {} : { text: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  const start = (id: string) =>
    open.call(ADMIN_KEY, { method: "POST", url: "/api/v1/workflows", body: { type: "order", id } });
  const describeRun = async (id: string) =>
    (await open.call(ADMIN_KEY, { method: "GET", url: `/api/v1/workflows/${id}` })).body;
  return { ...open, send, start, describeRun };
}

describe("an event", () => {
  test("signals the workflow that its subject names, once for its source and id", async () => {
    const { send, start, describeRun } = await openEvents();
    expect(await send(EVENT)).toMatchObject({ status: 404, body: { code: "WORKFLOW_NOT_FOUND" } });
    await start("order-7");
    const accepted = await send(EVENT);
    expect(accepted).toMatchObject({ status: 202, body: { id: "order-7", outcome: "signalled" } });
    const duplicate = { status: 200, body: { ...accepted.body, outcome: "duplicate" } };
    expect(await send(EVENT)).toMatchObject(duplicate);
    expect(await send({ ...EVENT, time: "2030-01-01T00:00:00Z", data: "other" })).toMatchObject(duplicate);
    expect(await send({ ...EVENT, source: "/shop/2" })).toMatchObject({ status: 202 });
    expect(await send({ ...EVENT, id: "e-2" })).toMatchObject({ status: 202 });
    expect(await describeRun("order-7")).toMatchObject({ accepted: 4 });
  });

  test("in binary mode is the same event as in structured mode", async () => {
    const { send, start } = await openEvents();
    await start("order-7");
    const headers = {
      "content-type": "application/json",
      ...{ "ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/shop", "ce-type": "order.paid" },
      "ce-subject": "order-7",
    };
    expect(await send('{"amount":12.5}', headers)).toMatchObject({ status: 202 });
    expect(await send('{"amount":12.5}', headers)).toMatchObject({ status: 200 });
    expect(await send(EVENT)).toMatchObject({ status: 200, body: { outcome: "duplicate" } });
    const encoded = { ...headers, "ce-id": '"e \\"2\\" %C3%A9"' };
    expect(await send("{}", encoded)).toMatchObject({ status: 202 });
    expect(await send({ ...EVENT, id: 'e "2" é' })).toMatchObject({ status: 200 });
    const { "content-type": _none, ...withoutData } = { ...headers, "ce-id": "e-3" };
    expect(await send(undefined, withoutData)).toMatchObject({ status: 202 });
  });

  test("starts its workflow when it, or the configuration, names the type", async () => {
    const { send, describeRun } = await openEvents({ rules: RULES });
    const byRule = await send({ ...EVENT, subject: "7" });
    expect(byRule).toMatchObject({ status: 202, body: { id: "order-7", outcome: "started" } });
    const itself = { ...EVENT, type: "cart.filled", subject: "cart-1", heddleworkflowtype: "cart" };
    expect(await send(itself)).toMatchObject({ status: 202, body: { id: "cart-1", outcome: "started" } });
    expect(await send(itself)).toMatchObject({ status: 200, body: { outcome: "duplicate" } });
    expect(await describeRun("cart-1")).toMatchObject({ type: "cart", accepted: 2 });
    const noInput = await send({ ...EVENT, subject: "8", data: {} });
    expect(noInput).toMatchObject({ status: 400, body: { details: { field: "/amount" } } });
  });

  test("needs the role signaller", async () => {
    const { call, createKey } = await openEvents();
    const { key } = await createKey({ role: "reader" });
    const request = {
      method: "POST",
      url: "/api/v1/events",
      text: JSON.stringify(EVENT),
      headers: STRUCTURED,
    } as const;
    expect(await call(key, request)).toMatchObject({ status: 403, body: { code: "PERMISSION_DENIED" } });
    expect(await call(undefined, request)).toMatchObject({ status: 401 });
  });
});

describe("a batch", () => {
  const events = (...changes: readonly unknown[]) =>
    JSON.stringify(
      changes.map((each) => (typeof each === "object" && each !== null ? { ...EVENT, ...each } : each)),
    );

  test("has an outcome for each event, in order, and may be repeated as a whole", async () => {
    const { send, start, describeRun } = await openEvents();
    await start("order-7");
    const batch = events({}, { id: "e-2" }, {}, { subject: "nothing" }, { specversion: "0.3" }, 7, {
      id: "e-3",
    });
    const reply = await send(batch, BATCH);
    expect(reply.status).toBe(207);
    expect(reply.body["items"]).toMatchObject([
      { status: 202, receipt: { id: "order-7", outcome: "signalled" } },
      { status: 202 },
      { status: 200, receipt: { outcome: "duplicate" } },
      { status: 404, problem: { code: "WORKFLOW_NOT_FOUND", details: { workflowId: "nothing" } } },
      { status: 400, problem: { code: "INVALID_ARGUMENT", details: { field: "specversion" } } },
      { status: 400, problem: { code: "INVALID_ARGUMENT" } },
      { status: 202 },
    ]);
    const again = (await send(batch, BATCH)).body["items"] as { status: number }[];
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 404, 400, 400, 200]);
    expect(await describeRun("order-7")).toMatchObject({ accepted: 4 });
  });

  test("of which all is accepted is 200, also when it is empty", async () => {
    const { send, start } = await openEvents();
    await start("order-7");
    expect(await send(events({}, { id: "e-2" }), BATCH)).toMatchObject({ status: 200 });
    expect(await send("[]", BATCH)).toMatchObject({ status: 200, body: { items: [] } });
  });

  test.each([["{}"], [JSON.stringify(Array.from({ length: 501 }, () => EVENT))], ["null"]])(
    "that is no list of at most 500 events is refused as a whole",
    async (body) => {
      const { send, namespace } = await openEvents();
      const before = await contentOf(openRedis(), namespace);
      expect(await send(body, BATCH)).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT" } });
      const after = Object.entries(await contentOf(openRedis(), namespace));
      expect(Object.fromEntries(after.filter(([key]) => key in before))).toEqual(before);
    },
  );
});
