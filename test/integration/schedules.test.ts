// What schedules promise: each tick is started once, as the overlap policy allows; what is asked of them holds.
import { randomNamespace, waitFor } from "@heddle/testkit";
import {
  InvalidArgumentError,
  InvalidScheduleError,
  ScheduleAlreadyExistsError,
  ScheduleNotFoundError,
  workflow,
  WorkflowTypeNotRegisteredError,
  type ScheduleHandle,
} from "heddle";
import { describe, expect, test } from "vitest";
import { collectNotes, note } from "./support/collecting-workflows.js";
import { keysOf, openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";

const report = workflow({ name: "report" }).execute(async function* (ctx, input: { of: string }) {
  return yield* ctx.step("write", () => `report of ${input.of}, ${ctx.workflowId}`);
});

const open = (namespace = randomNamespace("schedule")) =>
  openEngine({ namespace, workflows: [report, collectNotes] });

const EVERY_SECOND = { interval: { every: "1s" } } as const;
/** Never due while a test runs. */
const RARELY = { cron: "0 0 29 2 *" } as const;
const written = { type: "report", input: { of: "sales" } } as const;
const waiting = { type: "collect-notes", input: { count: 1 } } as const;

function untilStarted(schedule: ScheduleHandle, count: number) {
  return waitFor(
    async () => {
      const description = await schedule.describe();
      return description.counts.started >= count && description;
    },
    { description: `${count} runs are started`, timeoutMs: 20_000 },
  );
}

test("every tick starts a run of its own, named by its time, with the input and options of the schedule", async () => {
  const engine = await open();
  const schedule = await engine.schedules.create({
    ...{ id: "sales report", ...EVERY_SECOND, overlap: "allow-all" },
    workflow: { ...written, runTimeout: "1h", tags: ["report"] },
  });
  const { recentRuns, createdAtMs } = await untilStarted(schedule, 3);
  const ticks = recentRuns.map(({ scheduledAtMs }) => scheduledAtMs).toReversed();
  const first = Math.floor(createdAtMs / 1_000 + 1) * 1_000;
  expect(ticks).toEqual(ticks.map((_tick, index) => first + index * 1_000));
  for (const { workflowId, runId, scheduledAtMs, startedAtMs } of recentRuns) {
    expect(workflowId).toBe(`sales report-${new Date(scheduledAtMs).toISOString().replace(".000", "")}`);
    expect(startedAtMs).toBeGreaterThanOrEqual(scheduledAtMs);
    const run = engine.getHandle(workflowId);
    expect(await run.result()).toBe(`report of sales, ${workflowId}`);
    const described = await run.describe();
    expect(described.runId).toBe(runId);
    expect(described.createdAtMs).toBeGreaterThanOrEqual(scheduledAtMs);
    expect(described.runDeadlineMs).toBe(described.createdAtMs + 3_600_000);
    expect(await engine.count({ idPrefix: workflowId, tags: ["report"] })).toBe(1);
  }
});

test("a namespace without schedules has no key of them, and a deleted one leaves a memory of calls that ends", async () => {
  const namespace = randomNamespace("timetable");
  const engine = await open(namespace);
  const keys = async () => (await keysOf(openRedis(), namespace)).filter((key) => key.includes(":schedule"));
  await (await engine.start("report", { of: "sales" })).result();
  expect(await keys()).toEqual([]);
  const schedule = await engine.schedules.create({ id: "s", workflow: written, ...EVERY_SECOND });
  await untilStarted(schedule, 1);
  await schedule.pause();
  await waitFor(async () => (await schedule.describe()).running.length === 0, { description: "runs ended" });
  await schedule.delete();
  const left = await keys();
  expect(left).toEqual([expect.stringMatching(/:schedule-operations:s$/)]);
  expect(await openRedis().pttl(left[0] ?? "")).toBeGreaterThan(0);
  await expect(schedule.describe()).rejects.toThrow(ScheduleNotFoundError);
  await engine.schedules.create({ id: "s", workflow: written, ...RARELY });
});

describe("overlap", () => {
  test("skip: nothing starts while a run is open, also when it continued as another", async () => {
    const looping = workflow({ name: "looping" }).execute(async function* (ctx, round: number) {
      yield* ctx.waitForSignal(note);
      if (round === 1) yield* ctx.continueAsNew(2);
    });
    const engine = await openEngine({ workflows: [looping] });
    const schedule = await engine.schedules.create({
      ...{ id: "skipping", ...EVERY_SECOND },
      workflow: { type: "looping", input: 1 },
    });
    const { running } = await untilStarted(schedule, 1);
    await engine.signal(running[0] ?? "", note, 1);
    const skipping = async () => {
      const { counts } = await schedule.describe();
      return counts.skipped >= 2 && counts;
    };
    const counts = await waitFor(skipping, { description: "ticks are skipped", timeoutMs: 20_000 });
    expect(counts).toMatchObject({ started: 1 });
    expect((await schedule.describe()).running).toEqual(running);
    await engine.signal(running[0] ?? "", note, 2);
    await untilStarted(schedule, 2);
  });

  test("buffer-all: runs follow each other as soon as the one before ends", async () => {
    const engine = await open();
    const schedule = await engine.schedules.create({
      ...{ id: "in turn", ...RARELY, overlap: "buffer-all" },
      workflow: waiting,
    });
    const triggered = [await schedule.trigger(), await schedule.trigger(), await schedule.trigger()];
    await untilStarted(schedule, 1);
    for (const [index, { workflowId }] of triggered.entries()) {
      await waitFor(async () => (await schedule.describe()).running.includes(workflowId), {
        description: `${workflowId} runs`,
      });
      expect((await schedule.describe()).buffered).toBe(2 - index);
      await engine.signal(workflowId, note, index);
      expect(await engine.getHandle(workflowId).result()).toEqual([index]);
    }
    expect((await untilStarted(schedule, 3)).counts).toMatchObject({ started: 3, skipped: 0 });
  });

  test.each([
    { overlap: "cancel-other", status: "cancelled" },
    { overlap: "terminate-other", status: "terminated" },
  ] as const)("$overlap: the open run is $status and the next one starts", async ({ overlap, status }) => {
    const engine = await open();
    const schedule = await engine.schedules.create({ id: "newest", ...RARELY, overlap, workflow: waiting });
    const first = await schedule.trigger();
    await untilStarted(schedule, 1);
    const second = await schedule.trigger();
    const { running } = await untilStarted(schedule, 2);
    expect(running).toEqual([second.workflowId]);
    const ended = await engine.getHandle(first.workflowId).describe();
    expect(ended.status).toBe(status);
  });
});

describe("what is asked of a schedule", () => {
  test("paused, nothing starts but a trigger; resumed, it ticks on from there", async () => {
    const engine = await open();
    const schedule = await engine.schedules.create({
      ...{ id: "paused", ...EVERY_SECOND, paused: true, note: "not yet", overlap: "allow-all" },
      workflow: written,
    });
    expect(await schedule.describe()).toMatchObject({ paused: true, note: "not yet", nextTimesMs: [] });
    const { workflowId } = await schedule.trigger();
    await untilStarted(schedule, 1);
    expect(await engine.getHandle(workflowId).result()).toContain(workflowId);
    await schedule.resume("now");
    const { recentRuns, note: why, paused } = await untilStarted(schedule, 3);
    expect({ why, paused }).toEqual({ why: "now", paused: false });
    await schedule.pause();
    const after = await schedule.describe();
    expect(after).toMatchObject({ paused: true, note: undefined });
    const [last] = recentRuns;
    expect(last?.scheduledAtMs).toBeGreaterThan(recentRuns.at(-1)?.scheduledAtMs ?? Number.NaN);
  });

  test("a backfill starts the ticks of a range that has passed", async () => {
    const engine = await open();
    const schedule = await engine.schedules.create({
      ...{ id: "daily", cron: "30 2 * * *", timezone: "Europe/Berlin", workflow: written },
    });
    await schedule.backfill({
      ...{ from: new Date("2026-03-28T00:00Z"), to: new Date("2026-03-30T12:00Z"), overlap: "allow-all" },
    });
    const { recentRuns } = await untilStarted(schedule, 3);
    expect(recentRuns.map(({ workflowId }) => workflowId).toReversed()).toEqual([
      "daily-2026-03-28T01:30:00Z",
      "daily-2026-03-29T01:30:00Z",
      "daily-2026-03-30T00:30:00Z",
    ]);
  });

  test("an update changes what it names and leaves the rest, also when two come at once", async () => {
    const engine = await open();
    const schedule = await engine.schedules.create({
      ...{
        id: "changed",
        ...RARELY,
        jitter: "1m",
        remainingRuns: 5,
        endAt: Date.UTC(2099, 0),
        workflow: written,
      },
    });
    await Promise.all([
      schedule.update({ cron: ["0 9 * * 1-5", "0 12 * * 6"], timezone: "Asia/Kathmandu" }),
      schedule.update({ overlap: "buffer-one", endAt: null }),
      schedule.update({ workflow: { type: "report", input: { of: "stock" } }, jitter: 0 }),
      schedule.update({ remainingRuns: null, interval: { every: "2h", offset: "5m" } }),
    ]);
    expect(await schedule.describe({ nextTimes: 3 })).toMatchObject({
      ...{ cron: ["0 9 * * 1-5", "0 12 * * 6"], timezone: "Asia/Kathmandu", overlap: "buffer-one" },
      ...{ jitterMs: 0, interval: { everyMs: 7_200_000, offsetMs: 300_000 }, remainingRuns: undefined },
      ...{ endAtMs: undefined, workflowType: "report", paused: false },
      nextTimesMs: [expect.any(Number), expect.any(Number), expect.any(Number)] as unknown,
    });
    const { workflowId } = await schedule.trigger();
    await untilStarted(schedule, 1);
    expect(await engine.getHandle(workflowId).result()).toContain("report of stock");
  });

  test("remainingRuns ends it", async () => {
    const engine = await open();
    const schedule = await engine.schedules.create({
      ...{ id: "twice", ...EVERY_SECOND, remainingRuns: 2, overlap: "allow-all", workflow: written },
    });
    const description = await waitFor(
      async () => {
        const seen = await schedule.describe();
        return seen.remainingRuns === 0 && seen.counts.started === 2 && seen;
      },
      { description: "two runs are started", timeoutMs: 20_000 },
    );
    expect(description.nextTimesMs).toEqual([]);
  });

  test("is accepted without a coordinator, and done in order when one comes", async () => {
    const namespace = randomNamespace("schedule");
    const client = await openEngine({ namespace, roles: ["client"] });
    const schedule = await client.schedules.create({
      id: "early",
      workflow: written,
      ...RARELY,
      paused: true,
    });
    const { workflowId } = await schedule.trigger();
    await schedule.resume();
    await schedule.update({ overlap: "allow-all" });
    await schedule.pause("over the holidays");
    const seen = await schedule.describe();
    expect(seen).toMatchObject({ overlap: "allow-all", paused: true, note: "over the holidays" });
    expect(seen.counts.started).toBe(0);
    await open(namespace);
    expect((await untilStarted(schedule, 1)).recentRuns).toMatchObject([{ workflowId }]);
    expect(await schedule.describe()).toMatchObject({ overlap: "allow-all", paused: true });
  });
});

test("schedules are listed by id, page by page", async () => {
  const engine = await open();
  for (const id of ["c", "a", "b", "d"]) {
    await engine.schedules.create({ id, workflow: written, ...RARELY, paused: id === "a", note: id });
  }
  const { items, cursor } = await engine.schedules.list({ limit: 3 });
  expect(items.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(items[0]).toMatchObject({ workflowType: "report", paused: true, note: "a", nextTimeMs: undefined });
  expect(items[1]).toMatchObject({ paused: false, nextTimeMs: Date.UTC(2028, 1, 29) });
  const rest = await engine.schedules.list({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
  expect(rest).toMatchObject({ items: [{ id: "d" }], cursor: undefined });
});

describe("refused before anything is written:", () => {
  const refused: readonly [string, object, string, RegExp][] = [
    ["no tick at all", {}, "cron", /neither cron nor interval; give at least one/],
    ["a bad expression", { cron: "61 * * * *" }, "cron", /cron "61 \* \* \* \*" is not valid/],
    ["an unknown zone", { ...RARELY, timezone: "Mars" }, "timezone", /give an IANA name/],
    ["a short interval", { interval: { every: 999 } }, "interval.every", /at least a second/],
    ["a long offset", { interval: { every: "1m", offset: "1m" } }, "interval.offset", /less than every/],
    ["no duration", { interval: { every: "often" } }, "interval.every", /is no duration/],
    ["an unknown policy", { ...RARELY, overlap: "queue" }, "overlap", /one of skip, buffer-one/],
    ["a short window", { ...RARELY, catchUpWindow: "1s" }, "catchUpWindow", /at least 10 s/],
    ["an end before the start", { ...RARELY, startAt: 2, endAt: 1 }, "endAt", /not be before startAt/],
    ["no time", { ...RARELY, startAt: new Date(Number.NaN) }, "startAt", /give a Date/],
    ["half a run", { ...RARELY, remainingRuns: 0.5 }, "remainingRuns", /whole number/],
    ["a misspelt option", { ...RARELY, jitters: 1 }, "jitters", /has no option "jitters"/],
    ["an id of the run", { ...RARELY, workflow: { ...written, id: "x" } }, "workflow.id", /leave it out/],
  ];
  test.each(refused)("%s", async (_name, options, field, message) => {
    const namespace = randomNamespace("timetable");
    const engine = await open(namespace);
    const failure: unknown = await engine.schedules
      .create({ id: "bad", workflow: written, ...options })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidScheduleError);
    expect(failure).toMatchObject({
      ...{ code: "INVALID_SCHEDULE", details: { field, scheduleId: "bad" } },
      message: expect.stringMatching(message) as unknown,
    });
    expect((await engine.schedules.list()).items).toEqual([]);
  });

  test("ids, types, notes, and what is none of a schedule's", async () => {
    const engine = await open();
    const schedule = await engine.schedules.create({ id: "one", workflow: written, ...RARELY });
    const again = engine.schedules.create({ id: "one", workflow: written, ...RARELY });
    await expect(again).rejects.toThrow(ScheduleAlreadyExistsError);
    await expect(engine.schedules.create({ id: "", workflow: written, ...RARELY })).rejects.toThrow(
      InvalidArgumentError,
    );
    const unknown = { id: "two", ...RARELY, workflow: { type: "nobody-has-it", input: { of: "" } } };
    await expect(engine.schedules.create(unknown)).rejects.toThrow(WorkflowTypeNotRegisteredError);
    await expect(schedule.pause("x".repeat(1_001))).rejects.toThrow(/note is .*at most 1000/);
    await expect(schedule.trigger({ overlap: "never" as "skip" })).rejects.toThrow(InvalidScheduleError);
    await expect(schedule.update({ cron: [] })).rejects.toThrow(/neither cron nor interval/);
    const future = { from: new Date(), to: new Date("2099-01-01") };
    await expect(schedule.backfill(future)).rejects.toThrow(/to is .*it must have passed/);
    await expect(schedule.backfill({ from: 2, to: 1 })).rejects.toThrow(/from is 2; it must not be after/);
    const nobody = engine.schedules.get("nobody");
    for (const call of [
      ...[nobody.describe(), nobody.pause(), nobody.resume(), nobody.trigger(), nobody.delete()],
      ...[nobody.backfill({ from: 1, to: 2 }), nobody.update({ jitter: 1 })],
    ]) {
      await expect(call).rejects.toThrow(ScheduleNotFoundError);
    }
  });
});
