// A workflow that goes on as a new run after every few signals; its result is all of them, in order.
import { signal, workflow } from "heddle";

const counted = signal<number>("counted");

export interface TallyInput {
  readonly wanted: number;
  readonly perRun: number;
  readonly soFar: readonly number[];
}

export const tally = workflow({ name: "tally" }).execute(async function* (ctx, input: TallyInput) {
  const seen = [...input.soFar];
  for (let count = 0; count < input.perRun && seen.length < input.wanted; count++) {
    seen.push(yield* ctx.waitForSignal(counted));
  }
  if (seen.length < input.wanted) yield* ctx.continueAsNew({ ...input, soFar: seen });
  return seen;
});
