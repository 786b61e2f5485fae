import { randomUUID } from "node:crypto";
import { durationMs, isClosedStatus, type Duration } from "@heddle/protocol";
import { createLogger } from "@heddle/telemetry";
import type { ActivityContext, AnyActivity, AnyWorkflow } from "@heddle/workflow";
import type { HistoryEntry, WorkflowHandle, WorkflowStatus } from "heddle";
import { TestEngine } from "heddle/testing";
import { CallLog } from "../call-log.js";
import { standInActivities, type StandIns } from "../stand-ins.js";
import { Timeline } from "../timeline.js";

/** A signal that somebody sends while the workflow runs. */
export interface PlannedSignal {
  /** Its handle or its name. */
  readonly signal: string | { readonly name: string };
  readonly payload?: unknown;
  /** How long after the start, by virtual time. Default: as soon as the workflow waits for the first time. */
  readonly after?: Duration;
}

export interface RunPlan {
  readonly url: string;
  readonly type: string;
  readonly input: unknown;
  readonly workflows: readonly AnyWorkflow[];
  readonly activities: StandIns<readonly AnyWorkflow[]>;
  readonly signals: readonly PlannedSignal[];
  /** Counted from 1; without it nothing disturbs the run. */
  readonly crashAtTurn: number | undefined;
}

export interface ExecutedRun {
  readonly status: WorkflowStatus;
  /** Turns that were committed, or would have been. */
  readonly turns: number;
  readonly history: readonly HistoryEntry[];
  /** Why no code moves it. */
  readonly heldReason: string | undefined;
  /** Set when it has not ended: time alone does not move it. */
  readonly waitsFor: string | undefined;
}

/** Some moment, the same for all runs. */
const START_MS = Date.UTC(2030, 0, 1);
/** An activity that takes longer is waited for no more, so that what is to time it out can. */
const PATIENCE_MS = 1_000;
const WORKFLOW_ID = "crash-everywhere";

/** Runs the workflow in a namespace of its own, with the same ids and times as every other run of the same plan. */
export async function executeRun(plan: RunPlan): Promise<ExecutedRun> {
  const calls = new CallLog();
  const activities = standInActivities(plan.activities, plan.workflows, calls);
  const killer = new OwnerKiller(plan.crashAtTurn);
  const engine = await TestEngine.create({
    ...{ url: plan.url, namespace: `crash-${randomUUID()}`, partitions: 1, drainMs: 0 },
    ...{ workflows: plan.workflows, activities: activities.map(oneAtATime()) },
    ...{ virtualTime: { startAtMs: START_MS }, ids: countedIds() },
    // Each event in a turn of its own, whatever arrives together.
    coordinator: { pageSize: 1 },
    log: createLogger({ name: "crash-everywhere", level: "silent" }),
    observe: (point) => killer.observe(point),
  });
  try {
    killer.engine = engine;
    const names = new Set(activities.map(({ name }) => name));
    const timeline = new Timeline(engine, { activities: names, patienceMs: PATIENCE_MS });
    const handle = await engine.start(plan.type, plan.input as undefined, { id: WORKFLOW_ID });
    const waitsFor = await driveToEnd({ engine, timeline, handle, killer, signals: plan.signals });
    const { status, heldReason } = await handle.describe();
    return { status, heldReason, waitsFor, turns: killer.turns, history: await handle.history() };
  } finally {
    await engine.shutdown();
  }
}

/** Sends each signal at its time and lets time pass, as far as needed. Returns what the workflow waits for at the end. */
async function driveToEnd(run: {
  engine: TestEngine<readonly AnyWorkflow[]>;
  timeline: Timeline;
  handle: WorkflowHandle;
  killer: OwnerKiller;
  signals: readonly PlannedSignal[];
}): Promise<string | undefined> {
  const { engine, timeline, handle, killer } = run;
  const unsent = run.signals
    .map((signal) => ({ ...signal, atMs: START_MS + durationMs(signal.after ?? 0, "after") }))
    .sort((left, right) => left.atMs - right.atMs);
  for (;;) {
    const { nextDueMs = Number.POSITIVE_INFINITY } = await timeline.settle();
    if (await killer.isAtWork()) continue;
    const { status, heldReason } = await handle.describe();
    if (isClosedStatus(status)) return undefined;
    if (heldReason !== undefined) return heldReason;
    const [next] = unsent;
    if (next !== undefined && next.atMs <= nextDueMs) {
      unsent.shift();
      await engine.moveTo(next.atMs);
      const name = typeof next.signal === "string" ? next.signal : next.signal.name;
      await handle.signal(name, next.payload);
    } else if (nextDueMs === Number.POSITIVE_INFINITY) {
      return "nothing is due, so it waits for a signal or an update";
    } else {
      await engine.moveTo(nextDueMs);
    }
  }
}

/** Kills the owner of the run around one of its turns: before the commit, and again after the turn is done anew. */
class OwnerKiller {
  turns = 0;
  engine: Pick<TestEngine, "crash"> | undefined;
  private kills: Promise<unknown> | undefined;
  private next: "before-commit" | "committed" | undefined;

  constructor(private readonly atTurn: number | undefined) {
    if (atTurn !== undefined) this.next = "before-commit";
  }

  observe(point: string): void {
    if (point === "coordinator.before-commit") this.turns++;
    if (point !== `coordinator.${this.next ?? ""}` || this.turns < (this.atTurn ?? 0)) return;
    this.next = this.next === "before-commit" ? "committed" : undefined;
    // Within this call: what is sent after it comes from a dead owner and is refused.
    this.kills = Promise.all([this.kills, this.engine?.crash()]);
  }

  /** Resolves when no kill is under way; tells whether one was. */
  async isAtWork(): Promise<boolean> {
    const { kills } = this;
    await kills;
    if (this.kills === kills) this.kills = undefined;
    return kills !== undefined;
  }
}

/** The same for every run: what workflow code draws is seeded by its run id. */
function countedIds() {
  let count = 0;
  return { randomId: () => `id-${++count}`, workflowId: () => `workflow-${++count}` };
}

/** Activities begin in the order in which they were scheduled, each when the one before has ended or was given up. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve();
  return (definition: AnyActivity): AnyActivity => ({
    ...definition,
    execute: (input: unknown, context: ActivityContext) => {
      const done = last.then((): unknown => definition.execute(input, context));
      const givenUp = new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      last = Promise.race([done.catch(() => undefined), givenUp]);
      return done;
    },
  });
}
