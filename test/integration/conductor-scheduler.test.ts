// Conductor's scheduler on a real gateway: schedules that start executions.
import { scheduledStartWorkflow, workflowDef } from "@heddle/conductor";
import { crashEverywhere } from "@heddle/testing";
import { activity } from "heddle";
import { waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openConductor, task, type Json } from "./support/open-conductor.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

const NOTES = { name: "notes", tasks: [task("note", "NOOP")], outputParameters: { in: "${workflow.input}" } };
const EVERY_SECOND = "* * * * * ?";
const NEVER_SOON = "0 30 2 1 1 ?";

const schedule = (name: string, rest: Json = {}) => ({
  ...{ name, cronExpression: NEVER_SOON, startWorkflowRequest: { name: "notes", input: { a: 1 } } },
  ...rest,
});
const executions = async (api: Api, query = "", more = "") => {
  const reply = await api.get(`/scheduler/search/executions?query=${encodeURIComponent(query)}${more}`);
  expect(reply).toMatchObject({ status: 200, body: { totalHits: expect.any(Number) as number } });
  return reply.body as { totalHits: number; results: Json[] };
};

test("a schedule starts the latest definition at each tick, and its executions are found", async () => {
  const api = await openConductor();
  await api.post("/metadata/workflow", NOTES);
  const request = { name: "notes", correlationId: "cron", input: { a: 1 }, priority: 3 };
  const saved = await api.post(
    "/scheduler/schedules",
    schedule("each-second", { cronExpression: EVERY_SECOND, startWorkflowRequest: request }),
  );
  expect(saved).toMatchObject({ status: 200, text: "" });

  const executed = await waitFor(
    async () => {
      const { results } = await executions(api, "scheduleName=each-second AND state=EXECUTED");
      return results.length > 0 ? results : undefined;
    },
    { description: "a tick was executed" },
  );
  await api.put("/scheduler/schedules/each-second/pause?reason=enough");
  const [first] = executed;
  expect(first).toMatchObject({
    ...{ scheduleName: "each-second", workflowName: "notes", state: "EXECUTED", zoneId: "UTC" },
    startWorkflowRequest: { name: "notes", correlationId: "cron" },
  });
  const scheduledTime = Number(first?.["scheduledTime"]);
  expect(scheduledTime % 1000).toBe(0);
  const started = await api.get(`/workflow/${String(first?.["workflowId"])}`);
  expect(started.body).toMatchObject({
    ...{ workflowName: "notes", correlationId: "cron", priority: 3 },
    input: {
      ...{ a: 1, _startedByScheduler: "each-second", _scheduledTime: scheduledTime },
      _executionId: first?.["executionId"],
    },
  });
  expect((await api.get("/scheduler/schedules/each-second")).body).toMatchObject({
    ...{ paused: true, pausedReason: "enough" },
  });
  const page = await executions(api, "", "&size=1&sort=scheduledTime:ASC");
  expect(page.results).toHaveLength(1);
  expect(page.totalHits).toBeGreaterThanOrEqual(1);
});

test("whoever dies at whatever moment, a tick starts one execution", async () => {
  const { name, ...request } = { ...schedule("nightly"), paused: false };
  const report = await crashEverywhere(
    scheduledStartWorkflow,
    { schedule: { ...request, name, cronSchedules: [], runCatchupScheduleInstances: false } } as never,
    {
      activities: {
        "conductor.findDefinition": activity<unknown, unknown>({
          ...{ name: "conductor.findDefinition", queue: "conductor.system" },
          execute: () => workflowDef.parse(NOTES),
        }),
      } as never,
    },
  );
  expect(report).toMatchObject({ status: "completed" });
  expect(report.crashes).toBeGreaterThan(2);
});

test("a definition that is not there makes the execution of the schedule fail, and says so", async () => {
  const api = await openConductor();
  const missing = schedule("lost", {
    cronExpression: EVERY_SECOND,
    startWorkflowRequest: { name: "nobody" },
  });
  expect((await api.post("/scheduler/schedules", missing)).status).toBe(200);
  const [failed] = await waitFor(
    async () => {
      const { results } = await executions(api, "state=FAILED");
      return results.length > 0 ? results : undefined;
    },
    { description: "a tick failed" },
  );
  expect(failed).toMatchObject({ state: "FAILED", reason: expect.stringContaining("nobody") as string });
  expect(failed).not.toHaveProperty("workflowId");
});

test("schedules are saved, replaced, listed, searched, paused, resumed and deleted", async () => {
  const api = await openConductor({ runs: false });
  const save = async (json: Json) => expect((await api.post("/scheduler/schedules", json)).status).toBe(200);
  const get = async (name: string) => (await api.get(`/scheduler/schedules/${name}`)).body;
  await save(schedule("b", { description: "first", zoneId: "Europe/Berlin", createdBy: "ada" }));
  await save(schedule("a", { startWorkflowRequest: { name: "other" }, paused: true, pausedReason: "later" }));
  expect(await get("b")).toMatchObject({
    ...{
      name: "b",
      cronExpression: NEVER_SOON,
      zoneId: "Europe/Berlin",
      paused: false,
      description: "first",
    },
    ...{ createdBy: "ada", runCatchupScheduleInstances: false },
    startWorkflowRequest: { name: "notes", input: { a: 1 } },
    nextRunTime: expect.any(Number) as number,
  });
  expect(await get("a")).toMatchObject({ paused: true, pausedReason: "later" });
  expect(await get("a")).not.toHaveProperty("nextRunTime");

  // Again, and with other content: the whole is replaced, and the pause ends.
  const end = Date.now() + 3_600_000;
  await save(schedule("a", { cronExpression: "0 0/5 * * * ?", scheduleEndTime: end }));
  expect(await get("a")).toMatchObject({
    paused: false,
    scheduleEndTime: end,
    cronExpression: "0 0/5 * * * ?",
  });
  await save(schedule("a"));
  expect(await get("a")).not.toHaveProperty("scheduleEndTime");
  expect(await get("a")).not.toHaveProperty("pausedReason");

  const names = async (path: string) => {
    const { body } = await api.get(path);
    return ((Array.isArray(body) ? body : body["results"]) as Json[]).map(({ name }) => name);
  };
  await save(schedule("c", { startWorkflowRequest: { name: "other" } }));
  expect(await names("/scheduler/schedules")).toEqual(["a", "b", "c"]);
  expect(await names("/scheduler/schedules?workflowName=other")).toEqual(["c"]);
  expect(await names("/scheduler/schedules/search?query=workflowName%3Dnotes&sort=name:DESC")).toEqual([
    "b",
    "a",
  ]);
  expect(await names("/scheduler/schedules/search?scheduleName=b&freeText=notes")).toEqual(["b"]);

  // Clients of different ages use GET or PUT.
  expect((await api.get("/scheduler/schedules/a/pause")).status).toBe(200);
  expect((await api.put("/scheduler/schedules/b/pause?reason=holiday")).status).toBe(200);
  expect(await names("/scheduler/schedules/search?query=paused%3Dtrue")).toEqual(["a", "b"]);
  expect((await api.get("/scheduler/admin/pause")).status).toBe(200);
  expect(await names("/scheduler/schedules/search?query=paused%3Dtrue")).toEqual(["a", "b", "c"]);
  expect((await api.get("/scheduler/admin/resume")).status).toBe(200);
  expect(await names("/scheduler/schedules/search?query=paused%3Dtrue")).toEqual(["a", "b"]);
  expect((await api.put("/scheduler/schedules/a/resume")).status).toBe(200);
  expect((await api.get("/scheduler/schedules/b/resume")).status).toBe(200);
  expect(await names("/scheduler/schedules/search?query=paused%3Dtrue")).toEqual([]);
  expect((await api.put("/scheduler/bulk/pause", ["a", "nobody", "a"])).body).toEqual({
    bulkSuccessfulResults: ["a"],
    bulkErrorResults: { nobody: expect.stringContaining("nobody") as string },
  });
  expect((await api.put("/scheduler/bulk/resume", ["a"])).body).toMatchObject({
    bulkSuccessfulResults: ["a"],
  });
  expect((await api.get("/scheduler/admin/requeue")).status).toBe(200);

  const tags = "/scheduler/schedules/a/tags";
  expect((await api.get(tags)).body).toEqual([]);
  expect(
    (
      await api.put(tags, [
        { key: "team", value: "ops" },
        { key: "team", value: "web" },
      ])
    ).status,
  ).toBe(200);
  expect((await api.call("DELETE", tags, [{ key: "team", value: "ops" }])).status).toBe(200);
  expect(await get("a")).toMatchObject({ tags: [{ key: "team", value: "web" }] });
  expect((await api.put(tags, [{ value: "web" }])).status).toBe(400);
  expect((await api.put("/scheduler/schedules/nobody/tags", [])).status).toBe(404);

  expect((await api.delete("/scheduler/schedules/a")).status).toBe(200);
  await save(schedule("a"));
  expect((await api.get(tags)).body).toEqual([]);
  await api.delete("/scheduler/schedules/a");
  for (const path of [
    "/scheduler/schedules/a",
    "/scheduler/schedules/a/pause",
    "/scheduler/schedules/a/resume",
  ]) {
    expect(await api.get(path)).toMatchObject({ status: 404, body: { code: "SCHEDULE_NOT_FOUND" } });
  }
  expect((await api.delete("/scheduler/schedules/a")).status).toBe(404);
});

test("a schedule of Heddle's own is no Conductor schedule, and is left alone", async () => {
  const api = await openConductor({ runs: false });
  await api.client.schedules.create({ id: "native", cron: "@daily", workflow: { type: "report" } });
  expect((await api.post("/scheduler/schedules", schedule("native"))).status).toBe(409);
  for (const path of ["/scheduler/schedules/native", "/scheduler/schedules/native/pause"]) {
    expect((await api.get(path)).status).toBe(404);
  }
  expect((await api.delete("/scheduler/schedules/native")).status).toBe(404);
  expect((await api.get("/scheduler/schedules")).body).toEqual([]);
  await api.get("/scheduler/admin/pause");
  expect((await api.client.schedules.describe("native")).paused).toBe(false);
});

test("the next times of an expression are told, in its zone and between its ends", async () => {
  const api = await openConductor({ runs: false });
  const next = async (parameters: Record<string, string>) =>
    (await api.get(`/scheduler/nextFewSchedules?${new URLSearchParams(parameters).toString()}`))
      .body as unknown as number[];
  const from = Date.UTC(2095, 0, 1);
  const at = { scheduleStartTime: String(from), cronExpression: "0 30 2 * * ?" };
  expect((await next({ ...at, limit: "2" })).map((ms) => new Date(ms).toISOString())).toEqual([
    "2095-01-01T02:30:00.000Z",
    "2095-01-02T02:30:00.000Z",
  ]);
  expect(await next({ ...at, zoneId: "Asia/Tokyo", limit: "1" })).toEqual([Date.UTC(2095, 0, 1, 17, 30)]);
  expect(await next({ ...at, scheduleEndTime: String(from + 1) })).toEqual([]);
  expect(await next(at)).toHaveLength(5);
});

describe("what is no schedule is refused, and nothing is stored", () => {
  test.each([
    [{ name: undefined }, "name"],
    [{ name: "x".repeat(300) }, "at most 200 bytes"],
    [{ cronExpression: undefined }, "cronExpression"],
    [{ cronExpression: "every day" }, "cron"],
    [{ cronExpression: "0 0 25 * * ?" }, "hour"],
    [{ zoneId: "Mars/Olympus" }, "Mars/Olympus"],
    [{ scheduleStartTime: "soon" }, "scheduleStartTime"],
    [{ scheduleStartTime: 20, scheduleEndTime: 10 }, "endAt"],
    [{ startWorkflowRequest: undefined }, "startWorkflowRequest"],
    [{ startWorkflowRequest: { input: {} } }, "name"],
    [{ startWorkflowRequest: { name: "x", workflowDef: { name: "x", tasks: [] } } }, "tasks"],
    [
      {
        cronSchedules: [
          { cronExpression: "@daily", zoneId: "UTC" },
          { cronExpression: "@daily", zoneId: "Asia/Tokyo" },
        ],
      },
      "cronSchedules",
    ],
  ])("%j", async (wrong, part) => {
    const api = await openConductor({ runs: false });
    const reply = await api.post("/scheduler/schedules", { ...schedule("s"), ...wrong });
    expect(reply.status).toBe(400);
    expect(reply.text).toContain(part);
    expect((await api.get("/scheduler/schedules")).body).toEqual([]);
  });

  test.each([
    ["/scheduler/nextFewSchedules", "cronExpression"],
    ["/scheduler/nextFewSchedules?cronExpression=x", "cron"],
    ["/scheduler/nextFewSchedules?cronExpression=%40daily&limit=0", "limit"],
    ["/scheduler/nextFewSchedules?cronExpression=%40daily&zoneId=Mars", "Mars"],
    ["/scheduler/search/executions?query=color%3Dred", "color"],
    ["/scheduler/schedules/search?sort=color", "color"],
  ])("GET %s", async (path, part) => {
    const api = await openConductor({ runs: false });
    const reply = await api.get(path);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain(part);
  });

  test("a page of another site cannot have its reader's browser pause a schedule", async () => {
    const api = await openConductor({ runs: false });
    await api.post("/scheduler/schedules", schedule("s"));
    const headers = { "sec-fetch-site": "cross-site" };
    for (const path of [
      "/scheduler/schedules/s/pause",
      "/scheduler/schedules/s/resume",
      "/scheduler/admin/pause",
    ]) {
      expect((await api.call("GET", path, undefined, headers)).status).toBe(403);
    }
    expect((await api.get("/scheduler/schedules/s")).body).toMatchObject({ paused: false });
    const [ids] = [Array.from({ length: 1001 }, (_, n) => `s${n}`)];
    expect((await api.put("/scheduler/bulk/pause", ids)).status).toBe(400);
    expect((await api.put("/scheduler/bulk/pause", [])).status).toBe(400);
  });
});
