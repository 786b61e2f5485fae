import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "@heddle/testkit";
import { closedLoop } from "../closed-loop.js";
import type { CaseResult, Section } from "../section.js";
import { Installation } from "./support/installation.js";
import { signalAndWait, startAndWait } from "./support/measure-load.js";
import { MemorySeries } from "./support/memory-series.js";
import { OpenLoop } from "./support/open-loop.js";
import { onServers, startServer } from "./support/redis-servers.js";
import { durationMs } from "./support/statistics.js";

const FULL_MS = 30 * 60_000;
const IN_FLIGHT = 64;

export const leakSection: Section = {
  name: "leak",
  title: "Memory over half an hour at half load",
  about:
    "An item is one W1q workflow and one W2 workflow. Their rate in a closed loop with 64 in flight is measured first; then " +
    "half of it arrives in an open loop for 30 minutes (times the scale), while closed runs are kept for 30 s. Every 10 s " +
    "the heap and buffers after a garbage collection and the resident memory of coordinator, worker and client, and " +
    "used_memory of Redis are sampled. The rule: through the samples of the last 80 % of the time a least-squares line is " +
    "drawn; it is flat when it rises by less than 5 % of its height at the beginning. Falling is no leak. At the end all " +
    "runs are purged, and what is left in Redis is compared with what was there before the first. Redis remembers signals " +
    "without an id for 30 s, so that its memory still rises in a run of few minutes.",
  run: ({ scale, durability }, progress) => {
    const lastsMs = FULL_MS * scale;
    const retentionMs = Math.min(30_000, Math.max(1_000, Math.round(lastsMs / 10)));
    return onServers(startServer(durability, { rewrites: true }), (servers) =>
      Installation.during({ servers, retentionMs, parts: { worker: 1 } }, async (installation) => {
        const before = await servers.figures();
        const item = mixedItem(installation);
        const atFull = await fullRate(item, lastsMs);
        const perSecond = Math.max(1, Math.round(atFull / 2));
        progress(`${atFull} items/s in a closed loop; ${perSecond}/s for ${Math.round(lastsMs / 1_000)} s`);
        const load = new OpenLoop({ perSecond, mostInFlight: 20 * IN_FLIGHT, run: item });
        const series = new MemorySeries(installation);
        const everyMs = Math.min(10_000, Math.max(500, lastsMs / 30));
        load.begin();
        try {
          await sampleFor(lastsMs, everyMs, async () => progress(await series.sample(load)));
        } finally {
          await load.stop();
        }
        await untilPurged(installation, retentionMs);
        const after = await servers.figures();
        progress(`${load.done} items; ${after.keys} keys are left when all runs are purged`);
        const common = { system: "heddle", durability, n: load.done, perSecond };
        return [
          ...series.verdicts().map(({ what, flat, ...line }) => ({
            ...{ ...common, workload: `leak: ${what}`, target: "rises < 5 %", met: flat, figures: line },
          })),
          {
            ...{ ...common, workload: "leak: left after the purge" },
            figures: {
              ...{ keysBefore: before.keys, keysAfter: after.keys },
              ...{ redisBytesBefore: before.usedBytes, redisBytesAfter: after.usedBytes },
              ...{ itemsSkipped: load.skipped, retentionMs },
            },
          },
        ] satisfies CaseResult[];
      }),
    );
  },
};

/** Starts one workflow of each kind and resolves when both are completed. */
function mixedItem(installation: Installation): () => Promise<void> {
  let next = 0;
  return async () => {
    const nth = next++;
    const parking = installation.client.start("signal-wait", "x", { id: `parked-${nth}` });
    await Promise.all([
      startAndWait(installation, "three-queued", `queued-${nth}`),
      parking.then(() => signalAndWait(installation, `parked-${nth}`)),
    ]);
  };
}

/** Items per second with 64 in flight, measured long enough for the code to be warm. */
async function fullRate(item: () => Promise<void>, lastsMs: number): Promise<number> {
  const warmUpMs = Math.min(5_000, lastsMs / 6);
  const few = 4 * IN_FLIGHT;
  const tookMs = await durationMs(() => closedLoop({ n: few, inFlight: IN_FLIGHT, run: item }));
  const n = Math.max(few, Math.round((few * warmUpMs) / tookMs));
  return (await closedLoop({ n, inFlight: IN_FLIGHT, run: item })).perSecond;
}

async function sampleFor(lastsMs: number, everyMs: number, sample: () => Promise<void>): Promise<void> {
  const begunAtMs = performance.now();
  for (let dueMs = everyMs; dueMs <= lastsMs; dueMs += everyMs) {
    await delay(Math.max(0, begunAtMs + dueMs - performance.now()));
    await sample();
  }
}

async function untilPurged(installation: Installation, retentionMs: number): Promise<void> {
  await waitFor(async () => (await installation.client.count()) === 0, {
    description: "all runs are purged",
    timeoutMs: retentionMs + 120_000,
    intervalMs: 200,
  });
}
