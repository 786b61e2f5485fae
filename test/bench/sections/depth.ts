import { waitFor } from "@heddle/testkit";
import type { BenchSettings, CaseResult, Section } from "../section.js";
import { itemsAt, repeated } from "./support/case-sizes.js";
import { Installation } from "./support/installation.js";
import { onServers, startServer } from "./support/redis-servers.js";
import { type DeepInput, depth } from "./support/section-workflows.js";
import { durationMs, median } from "./support/statistics.js";

type Progress = (line: string) => void;

export const depthSection: Section = {
  name: "depth",
  title: "W6: one deep run",
  about:
    "One run does 10,000 steps one after the other, inline or as queued activities; nothing else runs. Compared is " +
    "the mean cost of a step in the first tenth with that in the last tenth of the run, after a run of the same kind as " +
    "warm-up; the ratio is last to first, the median over the repetitions. Takeover: a run with 10,000 steps stays open, its owner is " +
    "stopped, a new process is ready, and the time until its first answer to a query is that of loading and replaying the history.",
  run: (settings, progress) =>
    onServers(startServer(settings.durability), (servers) =>
      Installation.during({ servers, parts: { worker: 1 } }, async (installation) => [
        await costOfSteps(installation, "inline", settings, progress),
        await costOfSteps(installation, "queued", settings, progress),
        await takeover(installation, settings, progress),
      ]),
    ),
};

async function costOfSteps(
  installation: Installation,
  kind: DeepInput["kind"],
  settings: BenchSettings,
  progress: Progress,
): Promise<CaseResult> {
  const steps = stepsAt(settings.scale, kind);
  const dive = async (many: number): Promise<number[]> => {
    const input = { steps: many, kind, stays: false } satisfies DeepInput;
    return (await (await installation.client.start("deep", input)).result()) as number[];
  };
  // Enough for the compiler of Node, also where the measured run is short.
  await dive(kind === "inline" ? Math.max(steps, 3_000) : Math.max(steps / 5, 500));
  const dives = await repeated(settings.repetitions, () => dive(steps));
  const tenths = Array.from({ length: 10 }, (_, tenth) =>
    median(dives.map((dive) => dive[tenth] ?? Number.NaN)),
  );
  const ratio = median(dives.map((dive) => (dive[9] ?? Number.NaN) / (dive[0] ?? Number.NaN)));
  const meanMs = tenths.reduce((sum, ms) => sum + ms, 0) / tenths.length;
  progress(`${kind}: ${meanMs.toFixed(3)} ms per step, last to first tenth ${ratio.toFixed(3)}`);
  return {
    ...{ system: "heddle", workload: `W6 ${kind}`, durability: settings.durability, n: steps, inFlight: 1 },
    ...{ perSecond: Math.round(1_000 / meanMs), ratio, target: "≤ 1.1 ×", met: ratio <= 1.1 },
    baseline: "first tenth",
    figures: {
      firstTenthMsPerStep: tenths[0] ?? Number.NaN,
      lastTenthMsPerStep: tenths[9] ?? Number.NaN,
      msPerStepByTenth: tenths.map((ms) => ms.toFixed(3)).join(" "),
    },
  };
}

async function takeover(
  installation: Installation,
  settings: BenchSettings,
  progress: Progress,
): Promise<CaseResult> {
  const steps = stepsAt(settings.scale, "inline");
  const input = { steps, kind: "inline", stays: true } satisfies DeepInput;
  const handle = await installation.client.start("deep", input);
  const reached = (): Promise<number | undefined> =>
    handle.query(depth, undefined, { strict: true, timeoutMs: 120_000 });
  await waitFor(async () => (await reached()) === steps, {
    description: "the run has done its steps",
    timeoutMs: 120_000,
    intervalMs: 200,
  });
  const replays = await repeated(settings.repetitions, async () => {
    await installation.stop(installation.part("coordinator"));
    await installation.start("coordinator");
    return durationMs(async () => {
      const answer = await reached();
      if (answer !== steps) throw new Error(`after the restart the run is at step ${String(answer)}`);
    });
  });
  const { historyLength } = await handle.describe();
  const replayMs = median(replays);
  progress(`takeover of ${historyLength} history records: ${replayMs.toFixed(0)} ms`);
  return {
    ...{ system: "heddle", workload: "W6 takeover", durability: settings.durability, n: steps },
    ...{ target: "< 2 s", met: replayMs < 2_000 },
    figures: { replayMs, historyRecords: historyLength },
  };
}

function stepsAt(scale: number, kind: DeepInput["kind"]): number {
  return itemsAt(scale, { full: 10_000, least: kind === "inline" ? 2_000 : 500 });
}
