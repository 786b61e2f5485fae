// Workflows that only the sections run; those of the main workloads are in `bench/definitions.ts`.
import { query, signal, workflow } from "heddle";
import { noop } from "../../definitions.js";

const go = signal<number>("go");

/** How many steps a `deep` run has done. */
export const depth = query<number>("depth");

export interface DeepInput {
  readonly steps: number;
  readonly kind: "inline" | "queued";
  /** Stay open after the last step, until the signal `go`. */
  readonly stays: boolean;
}

/**
 * Does one step after the other and returns what each tenth of them took on average, in ms. The times are the
 * coordinator's and no decision depends on them; after a replay they mean nothing.
 */
const deep = workflow({ name: "deep" })
  .activities({ noop })
  .execute(async function* (ctx, { steps, kind, stays }: DeepInput) {
    let done = 0;
    const endedAtMs = [performance.now()];
    ctx.onQuery(depth, () => done);
    for (; done < steps; done++) {
      if (kind === "inline") yield* ctx.step("step", () => 1);
      else yield* ctx.run("noop", 1);
      endedAtMs.push(performance.now());
    }
    if (stays) yield* ctx.waitForSignal(go);
    return tenths(endedAtMs);
  });

function tenths(endedAtMs: readonly number[]): number[] {
  const steps = endedAtMs.length - 1;
  return Array.from({ length: 10 }, (_, tenth) => {
    const [from, to] = [Math.floor((steps * tenth) / 10), Math.floor((steps * (tenth + 1)) / 10)];
    return ((endedAtMs[to] ?? Number.NaN) - (endedAtMs[from] ?? Number.NaN)) / (to - from);
  });
}

/** Both in ms after the due time; negative means early. */
export interface Lateness {
  /** When Redis accepted that the timer fired. */
  readonly firedMs: number;
  /** When the code went on. */
  readonly continuedMs: number;
}

const alarm = workflow({ name: "alarm" }).execute(async function* (ctx, dueAtMs: number) {
  yield* ctx.sleepUntil(dueAtMs);
  // The machine has one clock, Redis's and this process's.
  return { firedMs: ctx.now() - dueAtMs, continuedMs: Date.now() - dueAtMs } satisfies Lateness;
});

export const seen = query<number>("seen");

/** Sums up signals for ever, and answers with the sum. */
const answering = workflow({ name: "answering" }).execute(async function* (ctx, _input: string) {
  let sum = 0;
  ctx.onQuery(seen, () => sum);
  for (;;) sum += yield* ctx.waitForSignal(go);
});

export const sectionWorkflows = [deep, alarm, answering];
