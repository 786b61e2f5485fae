import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "@heddle/testkit";
import type { Section } from "../section.js";
import { itemsAt } from "./support/case-sizes.js";
import { Installation } from "./support/installation.js";
import { onServers, startServer } from "./support/redis-servers.js";
import type { Lateness } from "./support/section-workflows.js";
import { percentile } from "./support/statistics.js";

/** Runs that are started per second at the least, on any machine that is worth measuring. */
const STARTS_PER_SECOND = 1_000;

export const timersSection: Section = {
  name: "timers",
  title: "W7: timers",
  about:
    "100,000 runs sleep until due times spread evenly over 60 s, all of them parked before the first is due; one " +
    "coordinator. Lateness is from the due time until the workflow's code went on, on the clock of the machine; the " +
    "firing alone, as Redis accepted it, stands beside it. Early would be a negative lateness of either. Measured once, " +
    "whatever the repetitions.",
  run: ({ scale, durability }, progress) => {
    const timers = itemsAt(scale, { full: 100_000, least: 200 });
    const windowMs = Math.max(10_000, 60_000 * scale);
    return onServers(startServer(durability), (servers) =>
      Installation.during({ servers }, async (installation) => {
        const firstDueAtMs = Date.now() + 3_000 + Math.ceil((timers / STARTS_PER_SECOND) * 1_000);
        await installation.startAndSettle(timers, (index) => ({
          ...{ type: "alarm", id: `alarm-${index}` },
          input: firstDueAtMs + Math.floor((index * windowMs) / timers),
        }));
        const leftMs = firstDueAtMs - Date.now();
        if (leftMs < 0) throw new Error(`the first timer was due ${-leftMs} ms before all runs were parked`);
        progress(`${timers} timers are set, the first is due in ${leftMs} ms`);
        // Nobody asks Redis anything while timers fire.
        await delay(leftMs + windowMs);
        await waitFor(async () => (await installation.client.count({ status: "running" })) === 0, {
          description: "all timers have fired",
          timeoutMs: 60_000 + windowMs,
          intervalMs: 200,
        });
        const lateness = await latenessOf(installation, timers);
        const continued = lateness.map(({ continuedMs }) => continuedMs);
        const fired = lateness.map(({ firedMs }) => firedMs);
        const early = lateness.filter(({ firedMs, continuedMs }) => firedMs < 0 || continuedMs < 0).length;
        const [p50Ms, p99Ms] = [percentile(continued, 0.5), percentile(continued, 0.99)];
        progress(`lateness p50 ${p50Ms} ms, p99 ${p99Ms} ms; ${early} early`);
        return [
          {
            ...{ system: "heddle", workload: "W7", durability, n: timers },
            ...{ p50Ms, p99Ms, target: "0 early", met: early === 0 },
            figures: {
              ...{ early, maxMs: percentile(continued, 1) },
              duePerSecond: Math.round((timers * 1_000) / windowMs),
              firedP50Ms: percentile(fired, 0.5),
              firedP99Ms: percentile(fired, 0.99),
              firedMaxMs: percentile(fired, 1),
            },
          },
        ];
      }),
    );
  },
};

/** What the runs returned, read after all is over. */
async function latenessOf(installation: Installation, timers: number): Promise<Lateness[]> {
  const lateness: Lateness[] = [];
  const batch = 200;
  for (let from = 0; from < timers; from += batch) {
    const indexes = Array.from({ length: Math.min(batch, timers - from) }, (_, offset) => from + offset);
    const handles = indexes.map((index) => installation.client.getHandle<Lateness>(`alarm-${index}`));
    lateness.push(...(await Promise.all(handles.map((handle) => handle.result()))));
  }
  return lateness;
}
