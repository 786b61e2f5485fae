import { ConfigurationError } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { deliveryOf, parseWebhooks, type Webhook } from "./webhook.js";

const SECRET = "a secret that is long enough";
const secretOf = (variable: string): string | undefined => (variable === "SECRET" ? SECRET : undefined);
const LEAST = {
  scheme: "github",
  secretVariables: ["SECRET"],
  workflowId: { pointer: "/order", prefix: "order-" },
  signal: { header: "x-github-event" },
};

function webhook(settings: object = {}): Webhook {
  const hook = parseWebhooks(JSON.stringify({ hook: { ...LEAST, ...settings } }), secretOf).get("hook");
  if (hook === undefined) throw new Error("it is not in the map");
  return hook;
}

function deliver(body: unknown, settings: object = {}) {
  const headers = { "x-github-event": "push", "x-github-delivery": "d-1" };
  return deliveryOf(webhook(settings), { headers, bytes: Buffer.from(JSON.stringify(body)), body });
}

describe("a delivery", () => {
  test("becomes a signal of the event's id with the whole body, unless the file says otherwise", () => {
    expect(deliver({ order: 7 })).toEqual({
      workflowId: "order-7",
      signal: { name: "push", payload: { order: 7 }, signalId: "d-1" },
      start: undefined,
      document: { order: 7 },
    });
  });

  test("takes each value from where the file says", () => {
    const settings = {
      workflowId: { value: "inbox" },
      signal: { value: "paid" },
      payload: "/data/0",
      eventId: { pointer: "/id" },
      start: { type: "order", input: "/data", onTerminalConflict: "start-new" },
    };
    const delivery = deliver({ id: "e-1", data: [null] }, settings);
    expect(delivery).toMatchObject({
      workflowId: "inbox",
      signal: { name: "paid", payload: null, signalId: "e-1" },
    });
    expect(delivery?.start).toMatchObject({ type: "order", onTerminalConflict: "start-new" });
  });

  test("that is not meant is ignored before anything is asked of it", () => {
    const when = [
      { header: "x-github-event", in: ["push", "release"] },
      { pointer: "/ref", in: ["main"] },
    ];
    expect(deliver({ order: 1, ref: "main" }, { when })).toBeDefined();
    expect(deliver({ ref: "other" }, { when })).toBeUndefined();
    expect(deliver({}, { when })).toBeUndefined();
    expect(deliver({}, { when: [{ header: "x-github-event", in: ["ping"] }] })).toBeUndefined();
  });

  test("without an id of its own is named by its bytes", () => {
    const named = (body: object) => deliver(body, { eventId: { digest: "sha256" } })?.signal.signalId;
    expect(named({ order: 1 })).toMatch(/^[\w-]{43}$/);
    expect(named({ order: 1 })).toBe(named({ order: 1 }));
    expect(named({ order: 1 })).not.toBe(named({ order: 2 }));
  });

  test.each([
    ["/order", {}, {}],
    ["/order", { order: "" }, {}],
    ["/order", { order: 1.5 }, {}],
    ["/order", { order: true }, {}],
    ["/order", { order: { id: 1 } }, {}],
    ["/data", { order: 1 }, { payload: "/data" }],
    ["/id", { order: 1 }, { eventId: { pointer: "/id" } }],
    ["x-nothing", { order: 1 }, { eventId: { header: "x-nothing" } }],
  ])("that lacks %s is refused by its name", (field, body, settings) => {
    expect(() => deliver(body, settings)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", details: { field } }) as Error,
    );
  });
});

describe("a file", () => {
  test.each([
    ["is no JSON", "{"],
    ["is no JSON", `{"hook": ${SECRET}}`],
    ['"" Invalid input', "[]"],
    ["hook.scheme", { scheme: "md5" }],
    ['"hook" Unrecognized key: "secret"', { secret: SECRET }],
    ["hook.secretVariables", { secretVariables: [] }],
    ["hook.secretVariables.0", { secretVariables: [SECRET] }],
    ["names OTHER", { secretVariables: ["SECRET", "OTHER"] }],
    ["names SECRET", { scheme: "standard" }],
    ["hook.workflowId", { workflowId: { header: "x-order" } }],
    ["hook.workflowId", { workflowId: {} }],
    ["hook.workflowId", { workflowId: { pointer: "/a", value: "b" } }],
    ["hook.workflowId.pointer", { workflowId: { pointer: "$.order" } }],
    ["hook.workflowId", { workflowId: { digest: "sha256" } }],
    ["hook.signal.header", { signal: { header: "X-Event" } }],
    ["hook.payload", { payload: "data" }],
    ["hook.when.0", { when: [{ pointer: "/a" }] }],
    ["hook.when.0.in", { when: [{ pointer: "/a", in: [] }] }],
    ["hook.start.type", { start: { type: "" } }],
    ["hook.start.onTerminalConflict", { start: { type: "order", onTerminalConflict: "restart" } }],
    ["hook.start", { start: { type: "order", id: "x" } }],
  ])("with a fault of %j is refused by its name, and shows no secret", (fault, settings) => {
    const text =
      typeof settings === "string" ? settings : JSON.stringify({ hook: { ...LEAST, ...settings } });
    const parse = () => parseWebhooks(text, secretOf);
    expect(parse).toThrow(ConfigurationError);
    expect(parse).toThrow(fault);
    expect(parse).not.toThrow(SECRET);
  });

  test.each(["", "a/b", "../x", "a b", "é"])("with a webhook named %j is refused", (name) => {
    expect(() => parseWebhooks(JSON.stringify({ [name]: LEAST }), secretOf)).toThrow(
      "must be 1 to 64 letters",
    );
  });
});
