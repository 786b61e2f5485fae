// The workflows of the kill tests of messages: a parent that signals a ledger in order, and has each of its children
// execute one effect. The ledger is `tally`, which goes on as a new run now and then.
import { signal, workflow } from "heddle";
import { act } from "./errand.js";

const counted = signal<number>("counted");

export interface FamilyInput {
  readonly ledger: string;
  readonly signals: number;
  readonly children: number;
}

const child = workflow({ name: "child" }).execute(async function* (ctx, label: string) {
  // Its second run does the work, so that the parent has to follow the chain.
  if (!label.startsWith("second ")) yield* ctx.continueAsNew(`second ${label}`);
  return yield* ctx.run(act, { label, workMs: 10 });
});

const parent = workflow({ name: "parent" }).execute(async function* (ctx, input: FamilyInput) {
  const numbers = Array.from({ length: input.signals }, (_, number) => number);
  // By twos: the second is sent before the first is answered.
  for (const first of numbers.filter((number) => number % 2 === 0)) {
    yield* ctx.all([
      ctx.signalWorkflow(input.ledger, counted, first),
      ctx.signalWorkflow(input.ledger, counted, first + 1),
    ]);
  }
  return yield* ctx.all(
    Array.from({ length: input.children }, (_, index) => ctx.runChild(child, `child ${index}`)),
  );
});

/** Starts children and never ends by itself. */
const guardian = workflow({ name: "guardian" }).execute(async function* (ctx, ids: readonly string[]) {
  yield* ctx.all(ids.map((id) => ctx.startChild("counter", undefined, { id })));
  yield* ctx.waitForSignal("never");
});

export const family = [parent, child, guardian];
