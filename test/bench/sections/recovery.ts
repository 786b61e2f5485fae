import { waitFor } from "@heddle/testkit";
import { monotonicMs } from "../../processes/effects-ledger.js";
import { Fleet } from "../../support/fleet.js";
import type { BenchSettings, CaseResult, Section } from "../section.js";
import { repeated } from "./support/case-sizes.js";
import { ErrandLoad } from "./support/errand-load.js";
import { lostAndRepeated, type LostAndRepeated } from "./support/lost-and-repeated.js";
import { onServers, startServer } from "./support/redis-servers.js";
import { median } from "./support/statistics.js";

type Progress = (line: string) => void;

interface Recovery extends LostAndRepeated {
  /** From the kill until the first of what had stopped went on, and until the last had. */
  readonly firstStepMs: number;
  readonly lastFirstStepMs: number;
  /** From the kill until every run that was open then was completed. */
  readonly allCompleteMs: number;
  readonly openRuns: number;
  readonly executedInVain: number;
}

const LANES = 40;
const LEASE_TTL_MS = 2_000;

export const recoverySection: Section = {
  name: "recovery",
  title: "W5: recovery from a kill under load",
  about:
    "Forty errands (four activities, signals, a fan-out, a timer) are always under way. Owner: one of two coordinators, " +
    "lease 2 s, gets SIGKILL; the first step is the first commit of each of its partitions by the other one, and the slowest " +
    "partition counts. Worker: one of two workers, liveness 4 s, gets SIGKILL while it runs attempts; the first step is the " +
    "next attempt of each that was lost, and the slowest counts. Until all complete: every run that was open at the kill. Lost and recorded twice " +
    "are counted in Redis when nothing is left to do, against what clients were told and what activities noted in a file; " +
    "invariants are those of the kill tests. Medians over the repetitions, counts are sums.",
  run: async (settings, progress) => {
    const owner = await recoveries(settings, progress, "owner", ownerKilled);
    const worker = await recoveries(settings, progress, "worker", workerKilled);
    return [
      caseOf(settings, owner, { workload: "W5 owner killed", withinMs: 3_000 }),
      caseOf(settings, worker, { workload: "W5 worker killed", withinMs: 5_000 }),
    ];
  },
};

function recoveries(
  settings: BenchSettings,
  progress: Progress,
  who: string,
  recovery: (fleet: Fleet, load: ErrandLoad) => Promise<Recovery>,
): Promise<Recovery[]> {
  return repeated(settings.repetitions, () =>
    onServers(startServer(settings.durability), async ({ connection }) => {
      if (!("url" in connection)) throw new Error("the fleet needs a single server");
      const fleet = await Fleet.open({
        url: connection.url,
        env: { LEASE_TTL_MS: String(LEASE_TTL_MS), LIVENESS_MS: "4000", PARTITIONS: "8" },
      });
      try {
        const measured = await recovery(fleet, new ErrandLoad(fleet, LANES));
        progress(
          `${who} killed: next step after ${Math.round(measured.lastFirstStepMs)} ms, all complete after ` +
            `${Math.round(measured.allCompleteMs)} ms, ${measured.wrong.length} violations`,
        );
        for (const wrong of measured.wrong.slice(0, 10)) progress(wrong);
        return measured;
      } finally {
        await fleet.close();
      }
    }),
  );
}

async function ownerKilled(fleet: Fleet, load: ErrandLoad): Promise<Recovery> {
  const [killed] = await Promise.all([
    fleet.start("coordinator"),
    fleet.start("coordinator"),
    fleet.start("worker"),
  ]);
  load.begin({ notes: 2, workMs: 20 });
  const ownedNow = (): readonly number[] => {
    const last = new Map(fleet.commits().map(({ partition, pid }) => [partition, pid]));
    return [...last].filter(([, pid]) => pid === killed.pid).map(([partition]) => partition);
  };
  await waitFor(() => fleet.commits().length > 300 && ownedNow().length >= 2, {
    description: "both coordinators are under load",
    timeoutMs: 30_000,
  });
  const killedAtMs = monotonicMs();
  const open = load.openRuns();
  await fleet.kill(killed);
  const lost = ownedNow();
  const gaps = await waitFor(
    () => {
      const after = fleet.commits().filter(({ pid, atMs }) => pid !== killed.pid && atMs > killedAtMs);
      const firsts = lost.map((partition) => after.find((commit) => commit.partition === partition));
      return firsts.every((first) => first !== undefined) && firsts.map(({ atMs }) => atMs - killedAtMs);
    },
    { description: "the other coordinator moves all partitions", timeoutMs: 30_000 },
  );
  return recoveryOf(fleet, load, { killedAtMs, open, gaps });
}

async function workerKilled(fleet: Fleet, load: ErrandLoad): Promise<Recovery> {
  const workMs = 100;
  const [killed] = await Promise.all([
    fleet.start("worker"),
    fleet.start("worker"),
    fleet.start("coordinator"),
  ]);
  load.begin({ notes: 2, workMs });
  const executed = (): number => fleet.effects().filter(({ pid }) => pid === killed.pid).length;
  const claimed = (): number => killed.lines.filter((line) => line.includes("attempt claimed")).length;
  await waitFor(() => executed() > 50 && claimed() - executed() >= 5, {
    ...{ description: "the worker runs attempts", timeoutMs: 30_000, intervalMs: 1 },
  });
  const killedAtMs = monotonicMs();
  const open = load.openRuns();
  await fleet.kill(killed);
  // Whoever lost an attempt is open until the next one ended; nobody else has a second attempt.
  await load.completed(open);
  const second = fleet.effects().filter(({ attempt }) => attempt > 1);
  // The ledger has the ends of attempts.
  const gaps = second.map(({ atMs }) => atMs - workMs - killedAtMs);
  return recoveryOf(fleet, load, { killedAtMs, open, gaps });
}

async function recoveryOf(
  fleet: Fleet,
  load: ErrandLoad,
  kill: { readonly killedAtMs: number; readonly open: readonly string[]; readonly gaps: readonly number[] },
): Promise<Recovery> {
  const completedAtMs = await load.completed(kill.open);
  await load.stop();
  return {
    firstStepMs: Math.min(...kill.gaps),
    lastFirstStepMs: Math.max(...kill.gaps),
    allCompleteMs: completedAtMs - kill.killedAtMs,
    openRuns: kill.open.length,
    executedInVain: await fleet.executedInVain(),
    ...(await lostAndRepeated(fleet)),
  };
}

function caseOf(
  settings: BenchSettings,
  recoveries: readonly Recovery[],
  { workload, withinMs }: { workload: string; withinMs: number },
): CaseResult {
  const middle = (pick: (recovery: Recovery) => number): number => Math.round(median(recoveries.map(pick)));
  const sum = (pick: (recovery: Recovery) => number): number =>
    recoveries.reduce((total, recovery) => total + pick(recovery), 0);
  const slowestStepMs = middle(({ lastFirstStepMs }) => lastFirstStepMs);
  const [lost, recordedTwice] = [sum((recovery) => recovery.lost), sum((recovery) => recovery.recordedTwice)];
  const violations = sum(({ wrong }) => wrong.length);
  return {
    ...{
      system: "heddle",
      workload,
      durability: settings.durability,
      n: sum(({ runs }) => runs),
      inFlight: LANES,
    },
    target: `next step ≤ ${withinMs / 1_000} s, 0 lost, 0 recorded twice`,
    met: slowestStepMs <= withinMs && violations === 0,
    figures: {
      ...{ slowestStepMs, firstStepMs: middle(({ firstStepMs }) => firstStepMs) },
      allCompleteMs: middle(({ allCompleteMs }) => allCompleteMs),
      openRunsAtKill: sum(({ openRuns }) => openRuns),
      ...{ lost, recordedTwice, violations, executedInVain: sum((recovery) => recovery.executedInVain) },
    },
  };
}
