// The workflow of the kill and chaos tests: an activity, signals, a fan-out with an inline step, a timer, an activity.
import { setTimeout as delay } from "node:timers/promises";
import { activity, signal, workflow } from "heddle";
import { appendLine, monotonicMs, type Effect } from "./effects-ledger.js";
import { numberSetting, setting } from "./setting.js";
import { tally } from "./tally.js";

const note = signal<string>("note");

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

/** What every undisturbed errand has done at its end; its notes depend on the order of acceptance. */
export function effectsOfErrand(workflowId: string): string[] {
  return ["first", "left", "right", "last"].map((label) => `${label} for ${workflowId}`);
}

export const workflows = [errand, tally];
export const activities = [act];
