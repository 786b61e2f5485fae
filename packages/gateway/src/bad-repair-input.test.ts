import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Gateway } from "./create-gateway.js";
import { openUntouchableGateway } from "./testing/untouchable-gateway.js";

let gateway: Gateway;
let touched: string[];
beforeAll(async () => {
  ({ gateway, touched } = await openUntouchableGateway({ maxBodyBytes: 4_096 }));
});
beforeEach(() => void (touched.length = 0));
afterAll(() => gateway.close());

async function call(method: "GET" | "POST" | "PATCH", path: string, payload?: string) {
  const reply = await gateway.inject({
    ...{ method, url: `/api/v1/workflows${path}` },
    ...(payload === undefined ? {} : { payload, headers: { "content-type": "application/json" } }),
  });
  return reply.json<Record<string, unknown>>();
}

const RUN = '{"id":"w","runId":"r"}';
const OPERATION = '"operationId":"abcdefghijklmnopqrstuv"';

test.each([
  ["/w/reset", "{}", "event"],
  ["/w/reset", '{"event":-1}', "event"],
  ["/w/reset", '{"event":1.5}', "event"],
  ["/w/reset", '{"event":"last"}', "event"],
  ["/w/reset", '{"event":0,"reapply":"all"}', "reapply"],
  ["/w/reset", '{"event":0,"id":"x"}', "id"],
  ["/w/reset", '{"event":0,"operationId":"again"}', "operationId"],
  ["/w/reset", `{"event":0,"reason":"${"x".repeat(1_001)}"}`, "reason"],
  ["/w/retry", '{"event":0}', "event"],
  ["/w/fork", '{"id":"x"}', "event"],
  ["/w/fork", `{"event":0,"id":" ",${OPERATION}}`, undefined],
  ["/bulk/cancel", "{}", "filter"],
  ["/bulk/cancel", `{"filter":{},"runs":[${RUN}]}`, "filter"],
  ["/bulk/cancel", '{"runs":[]}', "runs"],
  ["/bulk/cancel", '{"runs":[{"id":"w"}]}', "runs.0.runId"],
  ["/bulk/cancel", `{"runs":[${Array.from({ length: 101 }, () => RUN).join(",")}]}`, "runs"],
  ["/bulk/cancel", `{"runs":[${RUN}],"dryRun":true}`, "dryRun"],
  ["/bulk/cancel", `{"runs":[${RUN}],"cursor":"c"}`, "cursor"],
  ["/bulk/cancel", '{"filter":{"state":"running"}}', "filter.state"],
  ["/bulk/cancel", '{"filter":{"status":"open"}}', "filter.status"],
  ["/bulk/cancel", '{"filter":{"idPrefix":""}}', "idPrefix"],
  ["/bulk/cancel", '{"filter":{"attributes":{"a":{"like":1}}}}', undefined],
  ["/bulk/cancel", '{"filter":{},"limit":101}', "limit"],
  ["/bulk/cancel", '{"filter":{},"limit":0}', "limit"],
  ["/bulk/cancel", '{"filter":{},"cursor":"forged"}', "cursor"],
  ["/bulk/cancel", '{"filter":{},"concurrency":101}', "concurrency"],
  ["/bulk/cancel", `{"runs":[${RUN}],"operationId":""}`, undefined],
  ["/bulk/cancel", `{"runs":[${RUN}],"operationId":"${"x".repeat(129)}"}`, undefined],
  ["/bulk/cancel", '{"filter":{},"operationId":""}', undefined],
  ["/bulk/signal", '{"filter":{}}', "name"],
  ["/bulk/signal", '{"filter":{},"name":"","dryRun":true}', undefined],
  ["/bulk/signal", `{"runs":[${RUN}],"name":""}`, undefined],
  ["/bulk/reset", '{"filter":{}}', "event"],
  ["/bulk/reset", `{"runs":[${RUN},{"id":"v","runId":"r","event":0}]}`, "event"],
  ["/bulk/reset", '{"runs":[{"id":"v","runId":"r","newId":"x"}],"event":0}', "runs.0.newId"],
  ["/bulk/retry", '{"filter":{},"event":0}', "event"],
])("POST %s %s is refused before the store is asked, and names %s", async (path, body, field) => {
  const problem = await call("POST", path, body);
  expect(problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT" });
  if (field !== undefined) expect(problem["details"]).toMatchObject({ field });
  expect(touched).toEqual([]);
});

test.each([
  ["{}", "attributes"],
  ['{"attributes":[]}', "attributes"],
  ['{"attributes":{"a":{"b":1}}}', "attributes.a"],
  ['{"attributes":{"a":{"date":"tomorrow"}}}', "attributes.a.date"],
  ['{"attributes":{"a":1},"tags":[]}', "tags"],
  [`{"attributes":{"${"n".repeat(65)}":1}}`, undefined],
  ['{"attributes":{"__proto__":1}}', undefined],
])("PATCH attributes %s is refused before the store is asked", async (body, field) => {
  const problem = await call("PATCH", "/w/attributes", body);
  expect(problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT" });
  if (field !== undefined) expect(problem["details"]).toMatchObject({ field });
  expect(touched).toEqual([]);
});

test.each([
  "",
  "groupBy=id",
  "groupBy=status&groupByAttribute=a",
  "groupByAttribute=",
  "groupBy=status&limit=1",
])("aggregate refuses ?%s", async (query) => {
  expect(await call("GET", `/aggregate?${query}`)).toMatchObject({ status: 400, code: "INVALID_ARGUMENT" });
  expect(touched).toEqual([]);
});

describe("an import", () => {
  const good = {
    ...{ format: "heddle-history", formatVersion: 1, workflowId: "w", runId: "r", type: "t" },
    ...{ status: "completed", records: [] as unknown[] },
  };
  test.each([
    ["of no history at all", "{}", "INVALID_ARGUMENT"],
    ["that is cut off", '{"format":"heddle-history",', "MALFORMED_JSON"],
    ["of another format", JSON.stringify({ ...good, format: "temporal" }), "INVALID_ARGUMENT"],
    ["of a later format", JSON.stringify({ ...good, formatVersion: 2 }), "INVALID_ARGUMENT"],
    ["of an unknown status", JSON.stringify({ ...good, status: "done" }), "INVALID_ARGUMENT"],
    ["without a start", JSON.stringify(good), "INVALID_ARGUMENT"],
    ["of an unknown record", JSON.stringify({ ...good, records: [{ kind: "x" }] }), "INVALID_ARGUMENT"],
    ["with a field more", JSON.stringify({ ...good, owner: "me" }), "INVALID_ARGUMENT"],
    ["with a bad id", JSON.stringify({ ...good, workflowId: "a\nb" }), "INVALID_ARGUMENT"],
  ])("%s is refused before the store is asked", async (_name, body, code) => {
    expect(await call("POST", "/import", body)).toMatchObject({ status: 400, code });
    expect(touched).toEqual([]);
    expect(({} as Record<string, unknown>)["role"]).toBeUndefined();
  });

  test("with an id or operation id of another form is refused", async () => {
    const body = JSON.stringify(good);
    for (const query of ["id=", "operationId=again", "name=x"]) {
      expect(await call("POST", `/import?${query}`, body)).toMatchObject({ status: 400 });
    }
    expect(touched).toEqual([]);
  });

  test("may be larger than other bodies", async () => {
    const records = Array.from({ length: 400 }, () => ({ kind: "unknown" }));
    const problem = await call("POST", "/import", JSON.stringify({ ...good, records }));
    expect(problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT" });
  });

  test("nested too deep to be read is refused", async () => {
    const nested = `${'{"$record":'.repeat(20_000)}{}${"}".repeat(20_000)}`;
    const body = JSON.stringify(good).replace("[]", `[{"kind":"held","event":${nested}}]`);
    expect(await call("POST", "/import", body)).toMatchObject({ status: 400 });
  });
});
