import type { ScheduleAdvance } from "@heddle/core";
import { CorruptRecordError } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, closedRun, freshId, startRequest, statusOf } from "../testing/runs.js";
import { createdSchedule, scheduleSpec, takenSchedule } from "../testing/schedules.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("schedules on $server", ({ connection }) => {
  const open = (partitions = 1) => openTestStore(connection(), randomNamespace("timetable"), { partitions });
  const ask = (scheduleId: string, operationId = freshId("operation")) => ({
    ...{ scheduleId, operationId, request: { kind: "trigger" as const } },
  });
  const scoreOf = async (
    opened: Awaited<ReturnType<typeof open>>,
    { scheduleId, incarnation }: { scheduleId: string; incarnation: string },
  ) => opened.redis.zscore(opened.partition.timers, `schedule:0:${incarnation}:${scheduleId}`);

  describe("create-schedule", () => {
    test("stores it, and its owner looks at it at once", async () => {
      const opened = await open();
      const lease = await acquiredLease(opened);
      const schedule = await createdSchedule(opened, { paused: true, note: "later", remainingRuns: 3 });
      const stored = await opened.store.readSchedule(schedule.scheduleId);
      expect(stored).toMatchObject({
        ...{ scheduleId: schedule.scheduleId, incarnation: schedule.incarnation },
        ...{ revision: 0, specVersion: 0, spec: schedule.spec, requests: [] },
        progress: { paused: true, note: "later", remainingRuns: 3, decidedUntilMs: stored?.createdAtMs },
      });
      const due = await opened.store.dueTimers(lease, 10);
      expect(due).toMatchObject({
        due: [{ kind: "schedule", workflowId: schedule.scheduleId, runId: schedule.incarnation }],
      });
    });

    test("sent again it changes nothing; another one of the id is refused and changes nothing", async () => {
      const opened = await open();
      const schedule = await createdSchedule(opened);
      const before = await opened.snapshot();
      expect(await opened.store.createSchedule(schedule)).toEqual({ outcome: "created" });
      const another = { ...schedule, incarnation: freshId("incarnation") };
      expect(await opened.store.createSchedule(another)).toEqual({ outcome: "exists" });
      expect(await opened.snapshot()).toEqual(before);
    });

    test("a copy that comes when it was deleted, or replaced, brings nothing back", async () => {
      const opened = await open();
      const schedule = await createdSchedule(opened);
      const { scheduleId } = schedule;
      await opened.store.deleteSchedule({ scheduleId, operationId: freshId("operation") });
      const deleted = await opened.snapshot();
      expect(await opened.store.createSchedule(schedule)).toEqual({ outcome: "created" });
      expect(await opened.snapshot()).toEqual(deleted);
      const next = await createdSchedule(opened, { scheduleId });
      const replaced = await opened.snapshot();
      expect(await opened.store.createSchedule(schedule)).toEqual({ outcome: "created" });
      expect(await opened.snapshot()).toEqual(replaced);
      expect((await opened.store.readSchedule(scheduleId))?.incarnation).toBe(next.incarnation);
    });
  });

  describe("request-of-schedule", () => {
    test("keeps requests in the order of acceptance, each with a time of its own", async () => {
      const opened = await open();
      const { scheduleId } = await createdSchedule(opened);
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => opened.store.requestOfSchedule(ask(scheduleId))),
      );
      const times = replies.map((reply) => (reply.outcome === "accepted" ? reply.atMs : Number.NaN));
      expect(new Set(times).size).toBe(20);
      const stored = await opened.store.readSchedule(scheduleId);
      expect(stored?.requests.map(({ atMs }) => atMs)).toEqual(times);
      expect(stored?.nowMs).toBeGreaterThanOrEqual(times.at(-1) ?? Number.NaN);
    });

    test("is answered alike when it is sent again, also after its owner took the request", async () => {
      const opened = await open();
      const lease = await acquiredLease(opened);
      const schedule = await createdSchedule(opened);
      const asked = ask(schedule.scheduleId);
      const first = await opened.store.requestOfSchedule(asked);
      await opened.store.advanceSchedule(lease, advanceOf(await takenSchedule(opened, lease, schedule)));
      const before = await opened.snapshot();
      expect(await opened.store.requestOfSchedule(asked)).toEqual(first);
      expect(await opened.snapshot()).toEqual(before);
    });

    test("is remembered for a day, or for a minute when there are very many", async () => {
      const opened = await open();
      const { scheduleId } = await createdSchedule(opened);
      const key = opened.partition.scheduleOperations(scheduleId);
      const hoursAgo = (hours: number) => String(Date.now() - hours * 3_600_000);
      await opened.redis.zadd(key, hoursAgo(25), "yesterday's", hoursAgo(23), "today's");
      await opened.store.requestOfSchedule(ask(scheduleId));
      expect(await opened.redis.zscore(key, "yesterday's")).toBeNull();
      expect(await opened.redis.zscore(key, "today's")).not.toBeNull();
      const many = Array.from({ length: 10_000 }, (_, index) => [hoursAgo(0), `many ${index}`]).flat();
      await opened.redis.zadd(key, ...many);
      await opened.store.requestOfSchedule(ask(scheduleId));
      expect(await opened.redis.zscore(key, "today's")).toBeNull();
      expect(await opened.redis.zcard(key)).toBeGreaterThan(10_000);
    });

    test("an update of a specification that was changed meanwhile is refused", async () => {
      const opened = await open();
      const { scheduleId } = await createdSchedule(opened);
      const update = (overlap: "skip" | "allow-all") => ({
        ...{ scheduleId, operationId: freshId("operation"), expectedSpecVersion: 0 },
        request: { kind: "update" as const, spec: scheduleSpec({ overlap }) },
      });
      expect(await opened.store.requestOfSchedule(update("allow-all"))).toMatchObject({
        outcome: "accepted",
      });
      const before = await opened.snapshot();
      expect(await opened.store.requestOfSchedule(update("skip"))).toEqual({ outcome: "changed" });
      expect(await opened.snapshot()).toEqual(before);
      expect((await opened.store.readSchedule(scheduleId))?.specVersion).toBe(1);
    });

    test("is refused without a schedule, and when 1,000 wait", async () => {
      const opened = await open();
      expect(await opened.store.requestOfSchedule(ask("nobody"))).toEqual({ outcome: "not-found" });
      const { scheduleId } = await createdSchedule(opened);
      const key = opened.partition.scheduleRequests(scheduleId);
      await opened.redis.rpush(key, ...Array.from({ length: 1_000 }, () => "1:x"));
      const before = await opened.snapshot();
      expect(await opened.store.requestOfSchedule(ask(scheduleId))).toEqual({ outcome: "full" });
      expect(await opened.snapshot()).toEqual(before);
    });

    test("tells an idle owner", async () => {
      const opened = await open();
      const lease = await acquiredLease(opened);
      const { scheduleId } = await createdSchedule(opened);
      await opened.store.readInbox(lease, { after: "0", limit: 10 });
      expect(await opened.redis.hexists(opened.partition.lease, "idle")).toBe(1);
      await opened.store.requestOfSchedule(ask(scheduleId));
      expect(await opened.redis.hexists(opened.partition.lease, "idle")).toBe(0);
    });
  });

  const advanceOf = (
    stored: Awaited<ReturnType<typeof takenSchedule>>,
    change: Partial<ScheduleAdvance> = {},
  ): ScheduleAdvance => ({
    ...{ scheduleId: stored.scheduleId, incarnation: stored.incarnation, expectedRevision: stored.revision },
    ...{ progress: stored.progress, requestsDone: stored.requests.length, dueMs: 12_345, isUnderWay: false },
    ...change,
  });

  describe("an owner", () => {
    test("takes a schedule, which is not due again meanwhile, and stores what it decided", async () => {
      const opened = await open();
      const lease = await acquiredLease(opened);
      const schedule = await createdSchedule(opened);
      await opened.store.requestOfSchedule(ask(schedule.scheduleId));
      const taken = await takenSchedule(opened, lease, schedule);
      expect(Number(await scoreOf(opened, schedule))).toBe(taken.nowMs + 5_000);
      const spec = scheduleSpec({ overlap: "buffer-all" });
      const progress = { ...taken.progress, lastStart: 7 };
      const advance = advanceOf(taken, { spec, progress, isUnderWay: true });
      expect(await opened.store.advanceSchedule(lease, advance)).toEqual({ outcome: "advanced" });
      expect(await opened.store.readSchedule(schedule.scheduleId)).toMatchObject({
        ...{ revision: 1, spec, requests: [], progress: { lastStart: 7 } },
      });
      expect(await scoreOf(opened, schedule)).toBe("12345");
      const { scheduleId, incarnation } = schedule;
      expect(await opened.store.schedulesUnderWay(lease)).toEqual([{ scheduleId, incarnation }]);
      const next = advanceOf(await takenSchedule(opened, lease, schedule), { dueMs: undefined });
      await opened.store.advanceSchedule(lease, next);
      expect(await scoreOf(opened, schedule)).toBeNull();
      expect(await opened.store.schedulesUnderWay(lease)).toEqual([]);
    });

    test("that stores a step twice, or one made from an older state, changes nothing", async () => {
      const opened = await open();
      const lease = await acquiredLease(opened);
      const advance = advanceOf(await takenSchedule(opened, lease, await createdSchedule(opened)));
      await opened.store.advanceSchedule(lease, advance);
      const before = await opened.snapshot();
      expect(await opened.store.advanceSchedule(lease, advance)).toEqual({ outcome: "changed" });
      expect(await opened.snapshot()).toEqual(before);
    });

    test("leaves a request that came meanwhile, and looks at it at once", async () => {
      const opened = await open();
      const lease = await acquiredLease(opened);
      const schedule = await createdSchedule(opened);
      await opened.store.requestOfSchedule(ask(schedule.scheduleId));
      const taken = await takenSchedule(opened, lease, schedule);
      const late = await opened.store.requestOfSchedule(ask(schedule.scheduleId));
      await opened.store.advanceSchedule(lease, advanceOf(taken, { dueMs: undefined }));
      const stored = await opened.store.readSchedule(schedule.scheduleId);
      expect(stored?.requests).toMatchObject([{ atMs: late.outcome === "accepted" ? late.atMs : 0 }]);
      expect(Number(await scoreOf(opened, schedule))).toBeLessThanOrEqual(stored?.nowMs ?? 0);
    });

    test("with a stale nonce learns it and changes nothing", async () => {
      const opened = await open();
      const lease = await acquiredLease(opened);
      const schedule = await createdSchedule(opened);
      const taken = await takenSchedule(opened, lease, schedule);
      const stale = { ...lease, nonce: "of an earlier owner" };
      const before = await opened.snapshot();
      const { scheduleId, incarnation } = schedule;
      expect(await opened.store.takeSchedule(stale, { scheduleId, incarnation, lookAgainMs: 1 })).toEqual({
        outcome: "lease-lost",
      });
      expect(await opened.store.advanceSchedule(stale, advanceOf(taken))).toEqual({ outcome: "lease-lost" });
      expect(await opened.snapshot()).toEqual(before);
    });

    test("is told that a record is not what Heddle wrote", async () => {
      const opened = await open();
      const lease = await acquiredLease(opened);
      const schedule = await createdSchedule(opened);
      await opened.redis.hset(opened.partition.schedule(schedule.scheduleId), "progress", "rubbish");
      await expect(takenSchedule(opened, lease, schedule)).rejects.toThrow(CorruptRecordError);
    });
  });

  describe("delete-schedule", () => {
    test("leaves nothing but the memory of calls; what its owner decides from before is refused, and its id is free", async () => {
      const opened = await open(3);
      const schedule = await createdSchedule(opened);
      const { scheduleId, incarnation } = schedule;
      const partition = opened.keys.partitionOf(scheduleId);
      const lease = await acquiredLease(opened, { partition: partition.partition });
      const taken = await takenSchedule(opened, lease, schedule);
      await opened.store.requestOfSchedule(ask(scheduleId));
      await opened.store.start(startRequest({ scheduled: { incarnation, number: 1 } }));
      const asked = { scheduleId, operationId: freshId("operation") };
      expect(await opened.store.deleteSchedule(asked)).toEqual({ outcome: "deleted" });
      expect(await opened.store.readSchedule(scheduleId)).toBeUndefined();
      expect(await opened.store.deleteSchedule(asked)).toEqual({ outcome: "deleted" });
      const again = { ...asked, operationId: freshId("operation") };
      expect(await opened.store.deleteSchedule(again)).toEqual({ outcome: "not-found" });
      const left = Object.keys(await opened.snapshot()).filter((key) => key.includes(":schedule"));
      expect(left).toEqual([partition.scheduleOperations(scheduleId)]);
      expect(await opened.redis.pttl(partition.scheduleOperations(scheduleId))).toBeGreaterThan(0);
      expect(await opened.redis.zcard(partition.timers)).toBe(0);
      expect(await opened.store.advanceSchedule(lease, advanceOf(taken))).toEqual({ outcome: "changed" });
      await createdSchedule(opened, { scheduleId });
      expect(await opened.redis.pttl(partition.scheduleOperations(scheduleId))).toBe(-1);
      expect(await opened.store.deleteSchedule(asked)).toEqual({ outcome: "deleted" });
      expect(await opened.store.readSchedule(scheduleId)).toBeDefined();
      expect(
        await opened.store.takeSchedule(lease, { scheduleId, incarnation, lookAgainMs: 1 }),
      ).toBeUndefined();
    });
  });

  test("list-schedules: the ids of all partitions in order, each once over the pages", async () => {
    const opened = await open(4);
    const ids = ["a", "b:c", "ä", "b", "Z", "report 1", "report 10", "report 2"];
    for (const scheduleId of ids) await createdSchedule(opened, { scheduleId });
    const found: string[] = [];
    for (let after = ""; ;) {
      const page = await opened.store.listSchedules({ after, limit: 3 });
      found.push(...page);
      after = page.at(-1) ?? "";
      if (page.length < 3) break;
    }
    expect(found).toEqual(
      ids.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
    );
  });

  describe("a start of a schedule", () => {
    test("is done once, also when its run is closed and purged by the time it is repeated", async () => {
      const opened = await open();
      const lease = await acquiredLease(opened);
      const request = startRequest({ scheduled: { incarnation: "i", number: 4 } });
      expect(await opened.store.start(request)).toEqual({ outcome: "started", runId: request.runId });
      await closedRun(opened, lease, request, { retentionMs: 0 });
      const due = await opened.store.dueTimers(lease, 10);
      if (due.outcome === "ok") await opened.store.purge(lease, due.due);
      expect(await statusOf(opened, request)).toBeUndefined();
      const before = await opened.snapshot();
      expect(await opened.store.start(request)).toEqual({ outcome: "started", runId: request.runId });
      // An earlier one of the same schedule was started before it, or was never meant to be.
      const earlier = startRequest({ scheduled: { incarnation: "i", number: 3 } });
      expect(await opened.store.start(earlier)).toMatchObject({ outcome: "started" });
      expect(await opened.snapshot()).toEqual(before);
    });

    test("that is refused leaves no trace, and another schedule's numbers are its own", async () => {
      const opened = await open();
      const foreign = startRequest({ workflowId: "s-1" });
      await opened.store.start(foreign);
      const before = await opened.snapshot();
      const request = startRequest({ workflowId: "s-1", scheduled: { incarnation: "i", number: 1 } });
      expect(await opened.store.start(request)).toMatchObject({ outcome: "open", runId: foreign.runId });
      expect(await opened.snapshot()).toEqual(before);
      for (const incarnation of ["i", "j"]) {
        const fresh = startRequest({ scheduled: { incarnation, number: 1 } });
        await opened.store.start(fresh);
        expect(await statusOf(opened, fresh)).toBe("pending");
      }
    });
  });

  test("is-run-open: of this run and of one that it continued as", async () => {
    const opened = await open();
    const run = startRequest();
    expect(await opened.store.isRunOpen(run)).toBe(false);
    await opened.store.start(run);
    expect(await opened.store.isRunOpen(run)).toBe(true);
    expect(await opened.store.isRunOpen({ ...run, runId: "another" })).toBe(false);
    await opened.redis.hset(
      opened.partition.header(run.workflowId),
      "runId",
      "next",
      "firstRunId",
      run.runId,
    );
    expect(await opened.store.isRunOpen(run)).toBe(true);
    await opened.redis.hset(opened.partition.header(run.workflowId), "status", "completed");
    expect(await opened.store.isRunOpen(run)).toBe(false);
  });
});
