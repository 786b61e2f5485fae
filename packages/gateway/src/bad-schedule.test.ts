import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Gateway } from "./create-gateway.js";
import { openUntouchableGateway } from "./testing/untouchable-gateway.js";

let gateway: Gateway;
let touched: string[];
beforeAll(async () => {
  ({ gateway, touched } = await openUntouchableGateway());
});
afterAll(() => gateway.close());

type Method = "GET" | "POST" | "PATCH" | "DELETE";

async function refusal(method: Method, path: string, body?: object, headers: Record<string, string> = {}) {
  touched.length = 0;
  const reply = await gateway.inject({
    ...{ method, headers, url: `/api/v1/schedules${path}` },
    ...(body === undefined ? {} : { payload: body }),
  });
  expect(touched).toEqual([]);
  expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
  return reply.json<{ status: number; code: string; detail: string; details: Record<string, unknown> }>();
}

const DAILY = { id: "s", cron: "0 9 * * *", workflow: { type: "report" } };

describe("a schedule that cannot be is refused before the store is asked, and what is wrong is named:", () => {
  test.each<[string, object, string, RegExp]>([
    ["the hour of a cron", { cron: "0 25 * * *" }, "cron", /field 2 \(hour\) is "25"/],
    ["one cron of several", { cron: ["0 9 * * *", "0 9 * *"] }, "cron", /"0 9 \* \*".* 4 fields/],
    ["a day that does not exist", { cron: "0 0 30 2 *" }, "cron", /"0 0 30 2 \*" is not valid/],
    ["too many crons", { cron: Array(101).fill("0 9 * * *") }, "cron", /at most 100/],
    ["neither cron nor interval", { cron: [] }, "cron", /give at least one/],
    ["an unknown zone", { timezone: "Mars/Olympus" }, "timezone", /give an IANA name/],
    ["a short interval", { interval: { every: "10ms" } }, "interval.every", /at least a second/],
    ["a long offset", { interval: { every: "1m", offset: "2m" } }, "interval.offset", /less than every/],
    ["no duration", { jitter: "5 parsecs" }, "jitter", /no duration/],
    ["a short window", { catchUpWindow: "1s" }, "catchUpWindow", /at least 10 s/],
    [
      "an end before the start",
      { startAt: "2030-01-01T00:00:00Z", endAt: "2029-01-01T00:00:00Z" },
      "endAt",
      /before startAt/,
    ],
  ])("%s", async (_name, change, field, message) => {
    const problem = await refusal("POST", "", { ...DAILY, ...change });
    expect(problem).toMatchObject({
      ...{ status: 400, code: "INVALID_SCHEDULE", retryable: false },
      ...{ detail: expect.stringMatching(message) as unknown, details: { field, scheduleId: "s" } },
    });
  });

  test("the position of a wrong cron field is told to programs as well", async () => {
    const { details } = await refusal("POST", "", { ...DAILY, cron: "0 9 * * MON-XYZ" });
    expect(details).toMatchObject({ field: "cron", position: 5 });
  });
});

const NUL = String.fromCharCode(0);

test.each<[string, Method, string, object | undefined, string | undefined]>([
  ["no id", "POST", "", { workflow: { type: "t" }, cron: "0 9 * * *" }, "id"],
  ["no workflow", "POST", "", { id: "s", cron: "0 9 * * *" }, "workflow"],
  ["an empty id", "POST", "", { ...DAILY, id: "" }, "schedule id"],
  ["NUL in an id", "POST", "", { ...DAILY, id: `a${NUL}` }, "schedule id"],
  ["an id of 201 bytes", "POST", "", { ...DAILY, id: "x".repeat(201) }, "schedule id"],
  ["an unknown field", "POST", "", { ...DAILY, crons: [] }, "crons"],
  ["an unknown overlap policy", "POST", "", { ...DAILY, overlap: "queue" }, "overlap"],
  ["an interval without every", "POST", "", { ...DAILY, interval: {} }, "interval.every"],
  ["a workflow id of its own", "POST", "", { ...DAILY, workflow: { type: "t", id: "w" } }, "workflow.id"],
  ["a type that is too long", "POST", "", { ...DAILY, workflow: { type: "t".repeat(65) } }, "workflow type"],
  ["half a run", "POST", "", { ...DAILY, remainingRuns: 0.5 }, "remainingRuns"],
  ["a start without a zone", "POST", "", { ...DAILY, startAt: "2030-01-01T00:00:00" }, "startAt"],
  ["a long note", "POST", "/s/pause", { note: "x".repeat(1_001) }, "note"],
  ["a reason for resume", "POST", "/s/resume", { reason: "x" }, "reason"],
  ["a trigger with a policy that is none", "POST", "/s/trigger", { overlap: "never" }, "overlap"],
  ["a backfill without an end", "POST", "/s/backfill", { from: 1 }, "to"],
  ["a rename", "PATCH", "/s", { id: "t" }, "id"],
  ["a cron that is null", "PATCH", "/s", { cron: null }, "cron"],
  ["a page of 501", "GET", "?limit=501", undefined, "limit"],
  ["a page of many", "GET", "?limit=1e2", undefined, "limit"],
  ["1,001 next times", "GET", "/s?nextTimes=1001", undefined, "nextTimes"],
  ["a schedule with a parameter", "GET", "/s?at=1", undefined, "at"],
])("%s is refused before the store is asked", async (_name, method, path, body, field) => {
  expect(await refusal(method, path, body)).toMatchObject({
    ...{ status: 400, code: "INVALID_ARGUMENT", details: { field } },
  });
});

test.each(["ключ", "", "k".repeat(256)])("an idempotency key %j is refused", async (key) => {
  const headers = { "idempotency-key": key };
  for (const [method, path, body] of [
    ...([["POST", "", DAILY]] as const),
    ...([["POST", "/s/trigger", {}]] as const),
    ...([["DELETE", "/s", undefined]] as const),
  ]) {
    expect(await refusal(method, path, body, headers)).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
});

test("a trigger without a body is refused, because any web page can send it", async () => {
  expect(await refusal("POST", "/s/trigger")).toMatchObject({ code: "UNSUPPORTED_MEDIA_TYPE" });
});
