// Everything at once, for a time: CHAOS_SECONDS (default 120), CHAOS_SEED (default: drawn, and printed).
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "@heddle/embedded-redis";
import { startTestRedis } from "@heddle/testkit";
import { expect, onTestFinished, test } from "vitest";
import { gatewayCaller, storeCaller } from "../support/errands.js";
import { Fleet } from "../support/fleet.js";
import { HistoryWatch } from "./history-watch.js";
import { Nemesis } from "./nemesis.js";
import { SeededRandom } from "./seeded-random.js";
import { tellStory } from "./stories.js";
import { SupervisedProcess } from "./supervised-process.js";

const seconds = Number(process.env["CHAOS_SECONDS"] ?? 120);
const seed = Number(process.env["CHAOS_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const LANES = 12;

test(`all invariants hold after ${seconds} s of faults (CHAOS_SEED=${seed})`, async () => {
  console.log(`CHAOS_SEED=${seed} CHAOS_SECONDS=${seconds}`);
  const redis = await startTestRedis({ appendFsync: "always" });
  onTestFinished(() => redis.stop());
  const fleet = await Fleet.open({
    url: redis.url,
    env: { PARTITIONS: "8", TICKET_CHECK_MS: "2000", RECONCILE_EVERY_MS: "3000" },
  });
  onTestFinished(() => fleet.close());
  const port = String(await findFreePort());
  const places = [
    ...Array.from({ length: 3 }, () => new SupervisedProcess("coordinator", fleet, {})),
    ...Array.from({ length: 2 }, () => new SupervisedProcess("worker", fleet, {})),
    new SupervisedProcess("gateway", fleet, { PORT: port }),
  ];
  onTestFinished(() => Promise.all(places.map((place) => place.close())).then(() => undefined));
  await Promise.all(places.map((place) => place.ready()));

  const watch = new HistoryWatch(fleet, new SeededRandom(seed + 1));
  const nemesis = new Nemesis(fleet, places, redis, new SeededRandom(seed + 2));
  const raging = nemesis.rage();
  const clients = {
    fleet,
    callers: [storeCaller(fleet.client), gatewayCaller(() => `http://127.0.0.1:${port}`)],
    random: new SeededRandom(seed),
  };
  let told = 0;
  let isOver = false;
  let longestMs = 0;
  const lanes = Array.from({ length: LANES }, async () => {
    while (!isOver) {
      const beganAtMs = performance.now();
      await tellStory(clients, `story-${told++}`);
      longestMs = Math.max(longestMs, Math.round(performance.now() - beganAtMs));
    }
  });
  await Promise.race([delay(seconds * 1_000), Promise.all(lanes)]);
  isOver = true;
  await nemesis.stop();
  await raging;
  const healedAtMs = performance.now();
  await Promise.all(places.map((place) => place.close()));
  await Promise.all(lanes);
  const lanesEndedMs = Math.round(performance.now() - healedAtMs);
  const problems = await fleet.verdict({ timeoutMs: 60_000, anyMayRepeat: true });
  const restMs = Math.round(performance.now() - healedAtMs);
  await watch.stop();

  const { journal } = fleet;
  const accepted = journal.signals.filter(({ outcome }) => outcome === "accepted").length;
  const unknown = journal.signals.filter(({ outcome }) => outcome === "unknown").length;
  const commits = fleet.commits();
  console.log(
    JSON.stringify({
      seed,
      seconds,
      runs: journal.runs.size,
      signals: { accepted, unknown },
      faults: nemesis.faults,
      commits: commits.length,
      refusedCommits: commits.filter(({ outcome }) => outcome === "lease-lost").length,
      changedRuns: commits.flatMap(({ runs }) => runs).filter(({ outcome }) => outcome === "changed").length,
      activities: fleet.effects().length,
      executedInVain: await fleet.executedInVain(),
      historyLooks: watch.looks,
      longestStoryMs: longestMs,
      lastStoryEndedAfterMs: lanesEndedMs,
      atRestAfterMs: restMs,
      problems: problems.length,
    }),
  );
  expect([...problems, ...watch.shrunk, ...places.flatMap(({ unprovoked }) => unprovoked)]).toEqual([]);
  expect(journal.runs.size + accepted).toBeGreaterThan(seconds * 10);
  expect(Object.keys(nemesis.faults).length).toBeGreaterThan(Math.min(4, seconds / 15));
});
