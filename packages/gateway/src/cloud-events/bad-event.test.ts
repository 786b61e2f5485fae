import { afterAll, beforeAll, expect, test } from "vitest";
import type { Gateway } from "../create-gateway.js";
import { openUntouchableGateway } from "../testing/untouchable-gateway.js";

let gateway: Gateway;
beforeAll(async () => {
  ({ gateway } = await openUntouchableGateway());
});
afterAll(() => gateway.close());

async function post(payload: string | undefined, headers: Record<string, string>) {
  const request = { method: "POST", url: "/api/v1/events", headers } as const;
  const reply = await gateway.inject(payload === undefined ? request : { ...request, payload });
  return reply.json<Record<string, unknown>>();
}

const EVENT = { specversion: "1.0", id: "e-1", source: "/shop", type: "paid", subject: "order-7" };

test.each<[string, object]>([
  ["specversion", { specversion: undefined }],
  ["specversion", { specversion: "0.3" }],
  ["specversion", { specversion: 1 }],
  ["id", { id: undefined }],
  ["id", { id: "" }],
  ["id", { id: 7 }],
  ["source", { source: undefined }],
  ["source", { source: "two words" }],
  ["type", { type: null }],
  ["subject", { subject: undefined }],
  ["subject", { subject: null }],
  ["time", { time: "yesterday" }],
  ["data_base64", { data_base64: "no base64!" }],
  ["data_base64", { data_base64: "AA==", data: 1 }],
  ["heddleworkflowtype", { heddleworkflowtype: ["order"] }],
  ["otherextension", { otherextension: { nested: true } }],
  ["otherextension", { otherextension: 1.5 }],
  ["camelCase", { camelCase: "x" }],
  ["signal name", { type: "t".repeat(129) }],
  ["workflow id", { subject: "s".repeat(256) }],
  ["workflow id", { subject: "a\nb" }],
  ["workflow type", { heddleworkflowtype: "t".repeat(65) }],
])("an event with a wrong %s is refused by that name: %j", async (field, change) => {
  const type = "application/cloudevents+json";
  const problem = await post(JSON.stringify({ ...EVENT, ...change }), { "content-type": type });
  expect(problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT", details: { field } });
  expect(problem["detail"]).toContain(field);
});

const BINARY = {
  "content-type": "application/json",
  ...{
    "ce-specversion": "1.0",
    "ce-id": "e-1",
    "ce-source": "/shop",
    "ce-type": "paid",
    "ce-subject": "order-7",
  },
};
test.each<[string, Record<string, string>]>([
  ["id", { "ce-id": "" }],
  ["ce-id", { "ce-id": "100%" }],
  ["ce-id", { "ce-id": "%C3" }],
  ["ce-subject", { "ce-subject": "caf\u00e9" }],
  ["specversion", { "ce-specversion": "2.0" }],
  ["x-y", { "ce-x-y": "1" }],
  ["ce-data", { "ce-data": "1" }],
  ["ce-datacontenttype", { "ce-datacontenttype": "text/plain" }],
])("in binary mode a wrong %s is refused by that name: %j", async (field, change) => {
  const problem = await post("{}", { ...BINARY, ...change });
  expect(problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT", details: { field } });
});

test.each<[string, string | undefined, Record<string, string>, number]>([
  ["without attributes", "{}", { "content-type": "application/json" }, 400],
  ["without anything", undefined, {}, 400],
  ["in Avro", "{}", { "content-type": "application/cloudevents+avro" }, 415],
  ["with data of another type", "<a/>", { ...BINARY, "content-type": "application/xml" }, 415],
  ["that is a list", "[]", { "content-type": "application/cloudevents+json" }, 400],
  ["that is cut", "{", { "content-type": "application/cloudevents+json" }, 400],
  ["with a key twice", '{"id":"a","id":"b"}', { "content-type": "application/cloudevents+json" }, 400],
  ["with an unsafe integer", "9007199254740993", BINARY, 400],
  ["with data over the limit of a payload", `"${"x".repeat(2_000)}"`, BINARY, 413],
])("an event %s is refused before the store is asked", async (_name, payload, headers, status) => {
  expect(await post(payload, headers)).toMatchObject({ status, retryable: false });
});

test("other routes go on to refuse a POST without a body type, whatever headers it has", async () => {
  const request = {
    method: "POST",
    url: "/api/v1/workflows/w/terminate",
    headers: { "ce-specversion": "1.0" },
  } as const;
  expect((await gateway.inject(request)).json()).toMatchObject({ status: 415 });
});
