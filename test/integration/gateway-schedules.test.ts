// Schedules over HTTP: what is asked is done once, whoever repeats the call; refusals write nothing.
import { waitFor } from "@heddle/testkit";
import { workflow } from "heddle";
import { expect, test } from "vitest";
import { contentOf, openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";
import { openGateway } from "./support/open-gateway.js";

const report = workflow({ name: "report" }).execute(async function* (ctx, input: { of: string }) {
  return yield* ctx.step("write", () => `report of ${input.of}`);
});

async function openSchedules() {
  const { gateway, namespace } = await openGateway();
  const send = async (
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    payload?: object,
    key?: string,
  ) => {
    const reply = await gateway.inject({
      ...{ method, url: `/api/v1/schedules${path}` },
      ...(payload === undefined ? {} : { payload }),
      ...(key === undefined ? {} : { headers: { "idempotency-key": key } }),
    });
    return { status: reply.statusCode, headers: reply.headers, body: reply.json<Record<string, unknown>>() };
  };
  const started = (path: string, count: number) =>
    waitFor(
      async () => {
        const { body } = await send("GET", path);
        return (body["counts"] as { started: number }).started >= count && body;
      },
      { description: `${count} runs are started`, timeoutMs: 20_000 },
    );
  /** All but the audit log, in which refusals are written down. */
  const contents = async () => {
    const everything = Object.entries(await contentOf(openRedis(), namespace));
    return Object.fromEntries(everything.filter(([key]) => !key.includes(":audit")));
  };
  return { send, started, namespace, contents };
}

/** Never due while a test runs. */
const RARELY = { cron: "0 0 29 2 *", workflow: { type: "report", input: { of: "sales" } } };

test("a schedule is created, described, changed, triggered, backfilled and deleted", async () => {
  const { send, started, namespace } = await openSchedules();
  const engine = await openEngine({ namespace, workflows: [report] });
  const created = await send("POST", "", {
    ...{ id: "nightly/1", cron: "30 2 * * *", timezone: "Europe/Berlin", overlap: "allow-all" },
    ...{
      jitter: "5m",
      startAt: "2020-01-01T00:00:00+01:00",
      remainingRuns: 9,
      paused: true,
      note: "not yet",
    },
    workflow: { ...RARELY.workflow, runTimeout: "1h", tags: ["report"], memo: { by: "ada" } },
  });
  expect(created).toMatchObject({ status: 201, body: { id: "nightly/1" } });
  expect(created.headers.location).toBe("/api/v1/schedules/nightly%2F1");
  const path = "/nightly%2F1";
  expect((await send("GET", path)).body).toEqual({
    ...{ id: "nightly/1", workflowType: "report", paused: true, note: "not yet" },
    ...{ createdAt: expect.any(String) as unknown, updatedAt: expect.any(String) as unknown },
    ...{ cron: ["30 2 * * *"], timezone: "Europe/Berlin", jitterMs: 300_000, overlap: "allow-all" },
    ...{ catchUpWindowMs: 31_536_000_000, startAt: "2019-12-31T23:00:00.000Z", remainingRuns: 9 },
    ...{ nextTimes: [], recentRuns: [], running: [], buffered: 0 },
    counts: { started: 0, skipped: 0, missed: 0, dropped: 0, refused: 0 },
  });

  const changes = { interval: { every: "1 day", offset: "1h" }, cron: [], startAt: null, jitter: 0 };
  expect(await send("PATCH", path, changes)).toMatchObject({ status: 202, body: { id: "nightly/1" } });
  expect(await send("POST", `${path}/resume`, { note: "go" })).toMatchObject({ status: 202 });
  const changed = (await send("GET", `${path}?nextTimes=2`)).body;
  expect(changed).toMatchObject({
    ...{ cron: [], interval: { everyMs: 86_400_000, offsetMs: 3_600_000 }, jitterMs: 0, note: "go" },
    nextTimes: [expect.stringMatching(/T01:00:00/), expect.stringMatching(/T01:00:00/)] as unknown,
  });
  expect(Object.keys(changed)).not.toContain("startAt");

  const triggered = await send("POST", `${path}/trigger`, { overlap: "skip" });
  expect(triggered.status).toBe(202);
  const { workflowId } = triggered.body as { workflowId: string };
  await started(path, 1);
  expect(await engine.getHandle(workflowId).result()).toBe("report of sales");
  expect(await engine.getHandle(workflowId).describe()).toMatchObject({ memo: { by: "ada" } });
  expect(await engine.count({ tags: ["report"] })).toBe(1);
  const range = { from: "2026-03-01T00:00:00Z", to: "2026-03-02T12:00:00Z" };
  expect(await send("POST", `${path}/backfill`, range)).toMatchObject({ status: 202 });
  const { recentRuns } = await started(path, 3);
  expect(recentRuns).toMatchObject([
    { workflowId: "nightly/1-2026-03-02T01:00:00Z", scheduledAt: "2026-03-02T01:00:00.000Z" },
    { workflowId: "nightly/1-2026-03-01T01:00:00Z" },
    { workflowId },
  ]);
  expect(await send("DELETE", path)).toMatchObject({ status: 200, body: { id: "nightly/1" } });
  expect(await send("GET", path)).toMatchObject({ status: 404, body: { code: "SCHEDULE_NOT_FOUND" } });
});

test("a call that is repeated with its Idempotency-Key happens once and is answered alike", async () => {
  const { send, started, namespace } = await openSchedules();
  const create = () => send("POST", "", { id: "s", ...RARELY, overlap: "allow-all" }, "make it");
  const first = await create();
  expect(await create()).toMatchObject({ status: 201, body: first.body });
  expect(await send("POST", "", { id: "s", ...RARELY }, "another")).toMatchObject({
    ...{ status: 409, body: { code: "SCHEDULE_ALREADY_EXISTS", details: { scheduleId: "s" } } },
  });

  // At once as well as one after the other; the same key means another thing for another call.
  const trigger = () => send("POST", "/s/trigger", {}, "message 17");
  const [one, ...others] = await Promise.all([trigger(), trigger(), trigger()]);
  for (const other of [...others, await trigger()]) expect(other.body).toEqual(one.body);
  const range = { from: "2024-02-01T00:00:00Z", to: "2024-03-01T00:00:00Z" };
  const backfill = () => send("POST", "/s/backfill", range, "message 17");
  expect([(await backfill()).status, (await backfill()).status]).toEqual([202, 202]);
  await openEngine({ namespace, workflows: [report] });
  const { counts } = await started("/s", 2);
  expect(counts).toMatchObject({ started: 2, refused: 0 });
  expect((await trigger()).body).toEqual(one.body);

  // Between the two pauses somebody else lets it go on.
  await send("POST", "/s/pause", {}, "hold");
  await send("POST", "/s/resume", {});
  await send("POST", "/s/pause", {}, "hold");
  expect((await send("GET", "/s")).body).toMatchObject({ paused: false });
  const patch = (note: object) => send("PATCH", "/s", note, "slower");
  await patch({ jitter: "1m" });
  await send("PATCH", "/s", { jitter: "2m" });
  await patch({ jitter: "1m" });
  expect((await send("GET", "/s")).body).toMatchObject({ jitterMs: 120_000 });

  const remove = () => send("DELETE", "/s", undefined, "away");
  expect([(await remove()).status, (await remove()).status]).toEqual([200, 200]);
  expect(await create()).toMatchObject({ status: 201 });
  expect(await send("GET", "/s")).toMatchObject({ status: 404 });
  await send("POST", "", { id: "s", ...RARELY }, "anew");
  expect((await remove()).status).toBe(200);
  expect((await send("GET", "/s")).body).toMatchObject({ counts: { started: 0 } });
});

test("schedules are listed by id, page by page", async () => {
  const { send } = await openSchedules();
  for (const id of ["b", "a b", "c"]) await send("POST", "", { id, ...RARELY, paused: id === "b" });
  const { body } = await send("GET", "?limit=2");
  expect(body).toMatchObject({
    items: [
      { id: "a b", workflowType: "report", paused: false, nextTime: "2028-02-29T00:00:00.000Z" },
      { id: "b", paused: true },
    ],
    cursor: "b",
  });
  const rest = (await send("GET", `?cursor=${String(body["cursor"])}`)).body;
  expect(rest).toMatchObject({ items: [{ id: "c" }] });
  expect(Object.keys(rest)).not.toContain("cursor");
});

test("whatever is asked of a schedule that is not there is refused, and nothing is written", async () => {
  const { send, contents } = await openSchedules();
  const before = await contents();
  for (const { status, body } of [
    await send("GET", "/nobody"),
    await send("PATCH", "/nobody", { jitter: 1 }),
    await send("DELETE", "/nobody"),
    await send("POST", "/nobody/pause", {}, "key"),
    await send("POST", "/nobody/resume", {}),
    await send("POST", "/nobody/trigger", {}, "key"),
    await send("POST", "/nobody/backfill", { from: 1, to: 2 }, "key"),
  ]) {
    expect({ status, code: body["code"] }).toEqual({ status: 404, code: "SCHEDULE_NOT_FOUND" });
  }
  expect((await send("GET", "")).body).toEqual({ items: [] });
  expect(await contents()).toEqual(before);
});

test.each([
  ["PATCH", "", { cron: "0 9 * * * * *" }, "cron"],
  ["PATCH", "", { cron: [] }, "cron"],
  ["PATCH", "", { timezone: "Mars" }, "timezone"],
  ["PATCH", "", { interval: { every: 1 } }, "interval.every"],
  ["PATCH", "", { endAt: 0, startAt: 1 }, "endAt"],
  ["POST", "/backfill", { from: 1, to: "2999-01-01T00:00:00Z" }, "to"],
  ["POST", "/backfill", { from: 2, to: 1 }, "from"],
] as const)("%s %s with %j is refused by name and the schedule stays as it is", async (...call) => {
  const [method, path, body, field] = call;
  const { send, contents } = await openSchedules();
  await send("POST", "", { id: "s", ...RARELY });
  const before = await contents();
  expect(await send(method, `/s${path}`, body)).toMatchObject({
    ...{ status: 400, body: { code: "INVALID_SCHEDULE", details: { field, scheduleId: "s" } } },
  });
  expect(await contents()).toEqual(before);
});
