// A workflow that keeps what it is told outside of its history, goes on as a new run, and returns all of it in the end.
import { signal, workflow, type OffloadedValue } from "heddle";

const told = signal<string>("told");

export interface ArchiveInput {
  readonly wanted: number;
  readonly perRun: number;
  readonly soFar: readonly OffloadedValue<string>[];
}

export const archive = workflow({ name: "archive" }).execute(async function* (ctx, input: ArchiveInput) {
  const kept = [...input.soFar];
  for (let count = 0; count < input.perRun && kept.length < input.wanted; count++) {
    kept.push(yield* ctx.offload(yield* ctx.waitForSignal(told)));
    const latest = kept.at(-1);
    if (latest !== undefined) yield* ctx.load(latest);
  }
  if (kept.length < input.wanted) yield* ctx.continueAsNew({ ...input, soFar: kept });
  const texts: string[] = [];
  for (const value of kept) texts.push(yield* ctx.load(value));
  return texts;
});
