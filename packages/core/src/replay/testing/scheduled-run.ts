import { encodePayload, failureOf, type HistoryCommand } from "@heddle/protocol";
import type { AnyWorkflow } from "@heddle/workflow";
import { SIGNAL_NAMES, type Choice } from "./arbitrary-program.js";
import { END_SIGNAL, UPDATE } from "./program.js";
import { outcomeOf, RecordedRun, type UndatedEvent } from "./recorded-run.js";

/** Enough for any program of the arbitrary; a run that needs more never ends. */
const MAX_EVENTS = 300;

/** How many signals of each name were delivered; payloads count from 0. */
export type Delivered = Map<string, number>;

/**
 * Runs a workflow under a schedule of choices, then settles whatever is still pending until the code has ended.
 * A choice that is not possible (no timer is pending) is skipped, so that every schedule is valid and shrinks.
 */
export async function runSchedule(
  workflow: AnyWorkflow,
  choices: readonly Choice[],
): Promise<{ run: RecordedRun; delivered: Delivered }> {
  const run = new RecordedRun(workflow);
  const delivered: Delivered = new Map();
  await run.start();
  await goOn(run, choices, delivered);
  return { run, delivered };
}

/** Goes on with a run that was started, as `runSchedule` does. */
export async function goOn(
  run: RecordedRun,
  choices: readonly Choice[],
  delivered: Delivered = new Map(),
): Promise<void> {
  for (const choice of choices) {
    if (run.closing !== undefined) break;
    const event = await eventOf(run, choice, delivered);
    if (event !== undefined) await run.feed(event);
  }
  for (let count = 0; run.closing === undefined; count++) {
    if (count > MAX_EVENTS) throw new Error("the program does not end");
    await run.feed(await nextEvent(run, delivered));
  }
}

async function nextEvent(run: RecordedRun, delivered: Delivered): Promise<UndatedEvent> {
  const ends = ["step ends", "activity completes", "timer fires", "message answered", "child ends"] as const;
  for (const happens of ends) {
    const event = await eventOf(run, { happens, pick: 0 }, delivered);
    if (event !== undefined) return event;
  }
  // Each name in its turn, however many timers of handlers fire in between.
  const signals = [...delivered.values()].reduce((sum, count) => sum + count, 0);
  return signalOf(chosen([...SIGNAL_NAMES, END_SIGNAL], signals), delivered);
}

async function eventOf(
  run: RecordedRun,
  { happens, pick }: Choice,
  delivered: Delivered,
): Promise<UndatedEvent | undefined> {
  const { machine } = run;
  switch (happens) {
    case "signal":
      return signalOf(chosen(SIGNAL_NAMES, pick), delivered);
    case "update": {
      const updateId = `update-${pick}-${nextCount(delivered, UPDATE)}`;
      return { kind: "update", name: UPDATE, updateId, input: encodePayload(pick) };
    }
    case "cancel":
      return { kind: "cancel-requested" };
    case "step ends": {
      const step = chosen(machine.pendingSteps, pick);
      return step && outcomeOf(step, run.offloaded);
    }
    case "message answered": {
      const sent = chosen([...run.unanswered], pick);
      return sent && answerTo(...sent, pick);
    }
    case "child ends": {
      const child = chosen(machine.pendingChildren, pick);
      return child && endOfChild(child.seq, pick);
    }
    case "timer fires": {
      const seq = chosen(machine.pendingTimers, pick);
      return seq === undefined ? undefined : { kind: "timer-fired", seq };
    }
    case "activity completes":
    case "activity fails": {
      const seq = chosen(machine.pendingActivities, pick);
      if (seq === undefined) return undefined;
      if (happens === "activity completes") {
        return { kind: "activity-completed", seq, attempt: 1, result: encodePayload(seq) };
      }
      return {
        kind: "activity-failed",
        seq,
        attempt: 1,
        failure: failureOf(new Error("failed by schedule")),
      };
    }
  }
}

function answerTo(seq: number, sent: HistoryCommand["kind"], pick: number): UndatedEvent {
  const run = { workflowId: "other", runId: "r" };
  const isRefused = pick % 3 === 2;
  if (isRefused && sent === "signal-sent") {
    return { kind: "message-answered", seq, answer: { outcome: "not-found", workflowId: "other" } };
  }
  if (isRefused && sent === "child-start-requested") {
    const answer = { outcome: "exists", ...run, status: "running", type: "part" } as const;
    return { kind: "message-answered", seq, answer };
  }
  return { kind: "message-answered", seq, answer: { outcome: "accepted", ...run } };
}

function endOfChild(seq: number, pick: number): UndatedEvent {
  if (pick % 3 === 0) return { kind: "child-completed", seq, runId: "r", result: encodePayload(seq) };
  const status = pick % 3 === 1 ? "failed" : "cancelled";
  return { kind: "child-failed", seq, runId: "r", status, failure: failureOf(new Error(status)) };
}

function signalOf(name: string | undefined, delivered: Delivered): UndatedEvent {
  if (name === undefined) throw new Error("there is no signal to choose");
  return { kind: "signal", name, payload: encodePayload(nextCount(delivered, name)) };
}

function nextCount(delivered: Delivered, name: string): number {
  const count = delivered.get(name) ?? 0;
  delivered.set(name, count + 1);
  return count;
}

function chosen<T>(pending: readonly T[], pick: number): T | undefined {
  return pending[pick % pending.length];
}
