import { startEmbeddedRedis } from "@heddle/embedded-redis";
import { InvalidArgumentError, NondeterminismError } from "@heddle/protocol";
import type { AnyWorkflow, WorkflowDefinition } from "@heddle/workflow";
import type { HistoryEntry, WorkflowStatus } from "heddle";
import { divergenceOf } from "./divergence.js";
import { AmbientSources } from "./ambient-sources.js";
import { executeRun, type ExecutedRun, type PlannedSignal, type RunPlan } from "./executed-run.js";
import type { StandIns, StandInsFor } from "../stand-ins.js";

export interface CrashOptions<Workflow extends AnyWorkflow> {
  /**
   * As for `TestEnvironment.create`. A function is called once for every run: give one when the stand-ins keep state,
   * so that each run meets the same.
   */
  readonly activities?: StandInsFor<Workflow["activities"]> | (() => StandInsFor<Workflow["activities"]>);
  readonly signals?: readonly PlannedSignal[];
  /** Other workflows that this one needs. */
  readonly workflows?: readonly AnyWorkflow[];
}

export interface CrashReport {
  /** How many runs were crashed, each at another turn. */
  readonly crashes: number;
  readonly status: WorkflowStatus;
  /** Of the run that nothing disturbed. */
  readonly history: readonly HistoryEntry[];
}

type AnyStandIns = StandIns<readonly AnyWorkflow[]>;

type InputOf<Workflow> =
  Workflow extends WorkflowDefinition<string, infer Input, infer _Output, infer _Activities> ? Input : never;

/**
 * Runs a workflow to its end, then once more for every event of it, each of which takes a turn. There its owner is
 * killed: once before the turn is committed, so that it is lost and done again, and once after, so that the code is
 * rebuilt from its history. Every run has the same ids, the same virtual time and its activities one at a time, so
 * what differs comes from the code.
 *
 * Resolves when every run went as the one that nothing disturbed. Rejects with `NondeterminismError` at the first that
 * did not: its message and details tell the turn, the first record that differs and both sides of it. Rejects with
 * `InvalidArgumentError` when the workflow does not end: a signal that it waits for is missing in `signals`.
 */
export function crashEverywhere<Workflow extends AnyWorkflow>(
  workflow: Workflow,
  input: InputOf<Workflow>,
  options: CrashOptions<Workflow> = {},
): Promise<CrashReport> {
  return inTurn(() => crashAtEachTurn(workflow, input, options));
}

/** One after the other, because the clock and the random numbers that workflows see are those of the process. */
let last: Promise<unknown> = Promise.resolve();
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done;
}

async function crashAtEachTurn<Workflow extends AnyWorkflow>(
  workflow: Workflow,
  input: InputOf<Workflow>,
  options: CrashOptions<Workflow>,
): Promise<CrashReport> {
  const ambient = new AmbientSources();
  const redis = await startEmbeddedRedis({ ephemeral: true, extraArguments: ["--appendonly", "no"] });
  const restore = ambient.install();
  try {
    const { activities, signals = [], workflows = [] } = options;
    const standIns =
      typeof activities === "function" ? (activities as () => AnyStandIns) : () => activities ?? {};
    const run = (crashAtTurn?: number): Promise<ExecutedRun> => {
      ambient.beginRun();
      const plan: RunPlan = {
        ...{ url: redis.url, input, signals, crashAtTurn, type: workflow.name },
        workflows: [workflow, ...workflows].map((each) => ambient.watched(each)),
        activities: standIns(),
      };
      return executeRun(plan);
    };
    const undisturbed = await run();
    if (undisturbed.waitsFor !== undefined) throw endless(workflow.name, undisturbed.waitsFor);
    for (let turn = 1; turn <= undisturbed.turns; turn++) {
      const divergence = divergenceOf(undisturbed, await run(turn));
      if (divergence === undefined) continue;
      const { message, ...details } = divergence;
      throw new NondeterminismError(
        `workflow "${workflow.name}" goes another way when its owner is killed at turn ${turn} of ${undisturbed.turns}: ` +
          `${message}${ambient.advice}`,
        { details: { turn, ...details } },
      );
    }
    const { turns, status, history } = undisturbed;
    return { crashes: turns, status, history };
  } finally {
    restore();
    await redis.stop();
  }
}

function endless(type: string, waitsFor: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `workflow "${type}" does not end: ${waitsFor}; pass what it waits for, for example signals: [{ signal, payload }]`,
    { details: { type } },
  );
}
