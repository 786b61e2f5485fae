// Schedules through the client against the gateway as it is deployed, as through an engine.
import { HeddleClient } from "@heddle/client";
import { randomNamespace, waitFor } from "@heddle/testkit";
import {
  InvalidArgumentError,
  InvalidScheduleError,
  ScheduleAlreadyExistsError,
  ScheduleNotFoundError,
  workflow,
} from "heddle";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";
import { serveGateway } from "./support/served-gateway.js";

const report = workflow({ name: "report" }).execute(async function* (ctx, input: { of: string }) {
  return yield* ctx.step("write", () => `report of ${input.of}`);
});

async function openBoth() {
  const namespace = randomNamespace("client-schedules");
  const engine = await openEngine({ namespace, workflows: [report] });
  const { url } = await serveGateway({ namespace });
  return { engine, url, client: new HeddleClient<[typeof report]>({ url }) };
}

const RARELY = { cron: "0 0 29 2 *", timezone: "Asia/Kathmandu" } as const;
const workflowOf = (of: string) => ({ type: "report", input: { of } }) as const;

test("what is created, changed and asked through the client is what the engine sees", async () => {
  const { client, engine } = await openBoth();
  const due = new Date("2030-01-01T00:00:00Z");
  const schedule = await client.schedules.create({
    ...{ id: "daily report", ...RARELY, interval: { every: "1 day", offset: "1h" }, jitter: "1m" },
    ...{ startAt: new Date("2020-01-01T00:00:00Z"), endAt: Date.UTC(2099, 0), remainingRuns: 7 },
    ...{ overlap: "allow-all", catchUpWindow: "1h", paused: true, note: "soon" },
    workflow: { ...workflowOf("sales"), runTimeout: "1h", attributes: { due }, tags: ["vip"], memo: [1] },
  });
  const seen = engine.schedules.get(schedule.id);
  expect(await schedule.describe()).toEqual(await seen.describe());
  await schedule.resume("now");
  await schedule.update({
    workflow: workflowOf("stock"),
    cron: [],
    jitter: 0,
    endAt: null,
    remainingRuns: null,
  });
  const { workflowId } = await schedule.trigger();
  const described = await waitFor(
    async () => {
      const now = await schedule.describe({ nextTimes: 3 });
      return now.counts.started > 0 && now.running.length === 0 && now;
    },
    { description: "the run has ended", timeoutMs: 20_000 },
  );
  expect(described).toEqual(await seen.describe({ nextTimes: 3 }));
  expect(described).toMatchObject({
    endAtMs: undefined,
    remainingRuns: undefined,
    recentRuns: [{ workflowId }],
  });
  expect(await client.getHandle(workflowId).result()).toBe("report of stock");

  for (const id of ["a", "b"]) {
    await client.schedules.create({ id, ...RARELY, workflow: { ...workflowOf("x"), attributes: { due } } });
  }
  const page = await client.schedules.list({ limit: 2 });
  expect(page).toEqual(await engine.schedules.list({ limit: 2 }));
  const rest = await client.schedules.list({ cursor: page.cursor });
  expect(rest).toMatchObject({ items: [{ id: "daily report" }], cursor: undefined });
  await client.schedules.get("a").trigger();
  await expect.poll(() => engine.count({ attributes: { due } })).toBe(1);
  await schedule.delete();
  await expect(seen.describe()).rejects.toThrow(ScheduleNotFoundError);
});

test("a key of the caller's makes a call happen once, from whichever process", async () => {
  const { client, url } = await openBoth();
  const schedule = await client.schedules.create({
    ...{ id: "s", ...RARELY, overlap: "allow-all", workflow: workflowOf("sales") },
  });
  const another = new HeddleClient({ url }).schedules.get("s");
  const idempotencyKey = "message 17";
  const first = await schedule.trigger({ idempotencyKey });
  expect(await another.trigger({ idempotencyKey })).toEqual(first);
  expect(await another.trigger()).not.toEqual(first);
  for (const bad of ["", "ключ", " a", "a\nb"]) {
    await expect(schedule.trigger({ idempotencyKey: bad })).rejects.toThrow(InvalidArgumentError);
  }
});

test("errors are of the classes that an engine throws, and name the field", async () => {
  const { client } = await openBoth();
  const create = (options: object) =>
    client.schedules.create({ id: "s", ...RARELY, workflow: workflowOf("sales"), ...options });
  const schedule = await create({});
  await expect(create({})).rejects.toThrow(ScheduleAlreadyExistsError);
  const refused: unknown = await create({ cron: "0 25 * * *" }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(InvalidScheduleError);
  expect(refused).toMatchObject({ details: { field: "cron", position: 2, scheduleId: "s" } });
  await expect(schedule.update({ cron: [] })).rejects.toThrow(InvalidScheduleError);
  await expect(schedule.backfill({ from: 2, to: 1 })).rejects.toThrow(InvalidScheduleError);
  await expect(create({ id: "x".repeat(201) })).rejects.toThrow(InvalidArgumentError);
  const nobody = client.schedules.get("nobody");
  for (const call of [
    () => nobody.describe(),
    () => nobody.pause(),
    () => nobody.resume(),
    () => nobody.trigger(),
    () => nobody.delete(),
    () => nobody.backfill({ from: 1, to: 2 }),
    () => nobody.update({ jitter: 1 }),
  ]) {
    await expect(call()).rejects.toThrow(ScheduleNotFoundError);
  }
  const stopped = schedule.describe({ signal: AbortSignal.abort(new Error("no patience")) });
  await expect(stopped).rejects.toThrow("no patience");
});
