// The workflow of the kill and chaos tests: an activity, signals, a fan-out with an inline step, a timer, an activity.
import { setTimeout as delay } from "node:timers/promises";
import { activity, signal, update, workflow } from "heddle";
import { appendLine, monotonicMs, type Effect } from "./effects-ledger.js";
import { numberSetting, setting } from "./setting.js";
import { basket } from "./basket.js";
import { stages } from "./stages.js";
import { tally } from "./tally.js";

const note = signal<string>("note");

export const countUp = update<string, [count: number, effect: string]>("count-up");

export interface ErrandInput {
  readonly notes: number;
  /** How long each activity takes, unless its worker's `WORK_MS` says otherwise. */
  readonly workMs: number;
}

export interface ErrandResult {
  readonly notes: readonly string[];
  readonly effects: readonly string[];
  readonly counted: number;
}

export const act = activity({
  name: "act",
  retry: { maxAttempts: 1_000, initialBackoff: "100ms", maxBackoff: "500ms" },
  async execute({ label, workMs }: { label: string; workMs: number }, context): Promise<string> {
    await delay(numberSetting("WORK_MS", workMs));
    const { workflowId, runId, attempt, idempotencyKey } = context;
    const result = `${label} for ${workflowId}`;
    const seq = Number(idempotencyKey.slice(runId.length + 1));
    const effect: Effect = { workflowId, runId, seq, attempt, result, pid: process.pid, atMs: monotonicMs() };
    appendLine(setting("EFFECTS_FILE"), effect);
    return result;
  },
});

const errand = workflow({ name: "errand" }).execute(async function* (ctx, input: ErrandInput) {
  const { workMs } = input;
  const first = yield* ctx.run(act, { label: "first", workMs });
  const notes: string[] = [];
  while (notes.length < input.notes) notes.push(yield* ctx.waitForSignal(note));
  const [left, counted, right] = yield* ctx.all([
    ctx.run(act, { label: "left", workMs }),
    ctx.step("count", () => notes.length),
    ctx.run(act, { label: "right", workMs }),
  ]);
  yield* ctx.sleep(20);
  const last = yield* ctx.run(act, { label: "last", workMs });
  return { notes, effects: [first, left, right, last], counted } satisfies ErrandResult;
});

/** The same errand by other means: a handler that awaits a step takes the notes, a condition tells that all came. */
const handledErrand = workflow({ name: "handled-errand" }).execute(async function* (ctx, input: ErrandInput) {
  const { workMs } = input;
  const notes: string[] = [];
  ctx.onSignal(note, function* (text) {
    notes.push(yield* ctx.step("keep", () => text));
  });
  const first = yield* ctx.run(act, { label: "first", workMs });
  yield* ctx.waitUntil(() => notes.length >= input.notes);
  yield* ctx.waitUntil(ctx.allHandlersFinished);
  const counted = ctx.patched("count") ? notes.length : -1;
  const [left, right] = yield* ctx.all([
    ctx.run(act, { label: "left", workMs }),
    ctx.run(act, { label: "right", workMs }),
  ]);
  const last = yield* ctx.run(act, { label: "last", workMs });
  return { notes, effects: [first, left, right, last], counted } satisfies ErrandResult;
});

/** What every undisturbed errand has done at its end; its notes depend on the order of acceptance. */
export function effectsOfErrand(workflowId: string): string[] {
  return ["first", "left", "right", "last"].map((label) => `${label} for ${workflowId}`);
}

/** Its one update does one activity for each caller that it accepts. */
const counter = workflow({ name: "counter" }).execute(async function* (ctx) {
  let count = 0;
  ctx.onUpdate(countUp, function* (label) {
    const effect = yield* ctx.run(act, { label, workMs: 0 });
    return [++count, effect];
  });
  yield* ctx.waitForSignal("end");
  return count;
});

export const workflows = [errand, handledErrand, counter, tally, basket, stages];
export const activities = [act];
