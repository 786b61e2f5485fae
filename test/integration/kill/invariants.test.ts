// The checker that all kill and chaos tests believe must see what is wrong.
import { encodeHistoryRecord, encodePayload } from "@heddle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { violations, type Evidence } from "../../support/invariants.js";
import { runErrands, storeCaller } from "../../support/errands.js";
import { openFleet } from "./open-fleet.js";

test("each kind of damage is seen by the checker, and a sound namespace is not blamed", async () => {
  const fleet = await openFleet({ env: { PARTITIONS: "1" } });
  await Promise.all([fleet.start("coordinator"), fleet.start("worker")]);
  await runErrands(storeCaller(fleet.client), fleet.journal, { count: 1, input: { notes: 2, workMs: 1 } });
  expect(await fleet.verdict()).toEqual([]);

  const { redis, namespace, journal } = fleet;
  const key = (name: string) => `{heddle:${namespace}:0}:${name}`;
  const [header, history] = [key("w:errand-0"), key("h:errand-0")];
  const evidence: Evidence = {
    ...{ redis, namespace, journal, effects: fleet.effects(), commits: fleet.commits() },
    faulty: new Set<number>(),
  };
  const seen = async (changes: Partial<Evidence> = {}) =>
    (await violations({ ...evidence, ...changes })).join("\n");
  expect(await seen()).toBe("");
  const records = await redis.lrangeBuffer(history, "0", "-1");
  onTestFinished(() => void redis.del(header, history));

  /** Damages Redis, looks, and repairs it. */
  const after = async (damage: () => Promise<unknown>): Promise<string> => {
    const fields = await redis.hgetall(header);
    await damage();
    const found = await seen();
    await redis.del(header, history, key("outbox"), key("a:run:1"), key("i:errand:failed"));
    await redis.hset(header, fields);
    await redis.rpush(history, ...records);
    await redis.zrem(key("timers"), "timer:1:run:errand-0");
    return found;
  };
  const signal = encodeHistoryRecord({
    kind: "signal",
    at: 1,
    name: "note",
    payload: encodePayload("forged"),
  });
  const isSignal = (record: Buffer) => record.includes("signalId");
  const [firstSignal] = records.filter(isSignal);
  if (firstSignal === undefined) throw new Error("no signal in history");

  expect(await after(() => redis.rpush(history, records.at(-1) ?? ""))).toContain("2 terminal records");
  expect(await after(() => redis.linsert(history, "BEFORE", firstSignal, Buffer.from(signal)))).toContain(
    "nobody sent",
  );
  expect(await after(() => redis.linsert(history, "BEFORE", firstSignal, firstSignal))).toContain(
    "recorded 2 times",
  );
  expect(await after(() => redis.lrem(history, "1", firstSignal))).toContain("recorded 0 times");
  expect(await after(() => redis.hincrby(header, "accepted", "1"))).toContain("events");
  expect(await after(() => redis.del(header, history))).toContain("accepted and gone");
  expect(await after(() => redis.hset(header, "status", "running"))).toContain("is running");
  expect(await after(() => redis.zadd(key("i:errand:failed"), "1", "errand-0"))).toContain("listed as");
  expect(await after(() => redis.xadd(key("outbox"), "*", "queue", "default"))).toContain("in the outbox");
  expect(await after(() => redis.hset(key("a:run:1"), "state", "started"))).toContain("left over: activity");
  expect(await after(() => redis.zadd(key("timers"), "1", "timer:1:run:errand-0"))).toContain(
    "left over: timer",
  );
  expect(await seen()).toBe("");

  const [effect] = evidence.effects;
  const [commit] = evidence.commits;
  if (effect === undefined || commit === undefined) throw new Error("no evidence");
  expect(await seen({ effects: evidence.effects.slice(1) })).toContain("never executed");
  expect(await seen({ effects: [...evidence.effects, effect] })).toContain("executed 2 times");
  expect(await seen({ effects: [...evidence.effects, { ...effect, attempt: 2 }] })).toContain("in vain");
  expect(await seen({ commits: [commit, { ...commit, nonce: "other", outcome: "ok" }] })).toContain(
    "2 owners",
  );
});
