// Prints the figures of docs/redis-data-model.md and holds the one that is promised.
import type { Redis } from "ioredis";
import { encodeHistoryRecord, encodePayload } from "@heddle/protocol";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { expect, inject, test } from "vitest";
import { randomIdSource } from "./random-ids.js";
import { backingOffActivity, claimedActivity, scheduledActivity } from "./testing/activities.js";
import { acquiredLease, committedTurn, signalRequest, startRun, type TestRun } from "./testing/runs.js";
import { openTestStore, type TestStore } from "./testing/test-store.js";

const MANY = 1_000;
/** Bytes that a run parked on a signal may take: header, history and index entry, with their keys. */
const PARKED_RUN_LIMIT = 1_024;

async function bytesOf(redis: Redis, key: string): Promise<number> {
  return Number(await redis.memory("USAGE", key, "SAMPLES", 0));
}

/** With the ids that real runs have: their length counts. */
function startRealRun(opened: TestStore, input: unknown = null): Promise<TestRun> {
  return startRun(opened, {
    workflowId: randomIdSource.workflowId(),
    runId: randomIdSource.randomId(),
    input: encodePayload(input),
  });
}

test("a parked run takes no more than it may", { timeout: 60_000 }, async () => {
  const opened = await openTestStore({ url: inject("redisUrl") }, randomNamespace("bytes"));
  const { store, redis, partition } = opened;
  const figures: Record<string, number> = {};
  const lease = await acquiredLease(opened);

  const input = "x".repeat(98); // 100 bytes as msgpack
  const run = await startRealRun(opened, input);
  figures["header of a fresh run"] = await bytesOf(redis, partition.header(run.workflowId));
  await committedTurn(opened, lease, run, {
    records: [
      encodeHistoryRecord({ kind: "started", at: Date.now(), input: encodePayload(input) }),
      encodeHistoryRecord({ kind: "signal-awaited", seq: 1, name: "approval" }),
    ],
  });
  const header = await bytesOf(redis, partition.header(run.workflowId));
  const history = await bytesOf(redis, partition.history(run.workflowId));
  figures["header of a parked run"] = header;
  figures["history of a parked run, 100-byte input"] = history;

  const inboxBefore = await bytesOf(redis, partition.inbox);
  const runs: TestRun[] = [];
  for (let started = 0; started < MANY; started += 100) {
    runs.push(...(await Promise.all(Array.from({ length: 100 }, () => startRealRun(opened, input)))));
  }
  figures["inbox entry of a start, 100-byte input"] =
    ((await bytesOf(redis, partition.inbox)) - inboxBefore) / MANY;
  figures["index entry"] = (await bytesOf(redis, partition.index("order", "pending"))) / MANY;
  const parked = header + history + figures["index entry"];
  figures["a parked run in all"] = parked;

  const inboxFull = await bytesOf(redis, partition.inbox);
  await Promise.all(runs.map((each) => store.signal(signalRequest(each))));
  figures["inbox entry of a signal, small payload"] =
    ((await bytesOf(redis, partition.inbox)) - inboxFull) / MANY;
  figures["operation id of a signal without id"] = (await bytesOf(redis, partition.operations)) / MANY;

  await store.signal(signalRequest(run, { signalId: "payment-0001" }));
  figures["first accepted signal id of a run"] = await bytesOf(redis, partition.signalIds(run.workflowId));
  for (let sent = 2; sent <= 101; sent += 1) {
    await store.signal(signalRequest(run, { signalId: `payment-${String(sent).padStart(4, "0")}` }));
  }
  const hundred =
    (await bytesOf(redis, partition.signalIds(run.workflowId))) -
    figures["first accepted signal id of a run"];
  figures["each further signal id"] = hundred / 100;

  await committedTurn(opened, lease, run, {
    timers: Array.from({ length: MANY }, (_, index) => ({ seq: index + 2, durationMs: 60_000 + index })),
  });
  figures["timer entry"] = (await bytesOf(redis, partition.timers)) / MANY;

  const worker = await startRealRun(opened);
  const ticket = await scheduledActivity(opened, lease, worker);
  const activity = partition.activity(worker.runId, 1);
  figures["pending activity, scheduled"] = await bytesOf(redis, activity);
  await claimedActivity(opened, ticket);
  figures["pending activity, claimed"] = await bytesOf(redis, activity);
  await backingOffActivity(opened, ticket, 60_000);
  figures["pending activity, backing off"] = await bytesOf(redis, activity);

  // As purge-run writes them; a thousand purges would only take longer.
  const tombstones = Array.from({ length: MANY }, (_, index) => [
    store.workflowIdOfKey(`invoice ${index}`),
    randomIdSource.randomId(),
  ]);
  await redis.hset(partition.tombstones, Object.fromEntries(tombstones) as Record<string, string>);
  figures["tombstone"] = (await bytesOf(redis, partition.tombstones)) / MANY;

  void store.awaitClosed({ workflowId: worker.workflowId }).catch(() => undefined);
  await waitFor(() => redis.hexists(partition.header(worker.workflowId), "waiters"), {
    description: "the waiter is registered",
  });
  figures["header of a run with one waiter"] = await bytesOf(redis, partition.header(worker.workflowId));

  const lines = Object.entries(figures).map(
    ([what, bytes]) => `${String(Math.round(bytes)).padStart(6)} bytes  ${what}`,
  );
  console.log(`Redis ${store.server.version}, MEMORY USAGE\n${lines.join("\n")}`);
  expect(parked).toBeLessThanOrEqual(PARKED_RUN_LIMIT);
});
