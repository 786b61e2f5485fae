import { decodePayload, encodePayload } from "@heddle/protocol";
import { workflow } from "@heddle/workflow";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CarriedEvent } from "../store/continuation.js";
import { RecordedRun } from "./testing/recorded-run.js";

/** Sees one signal, and the updates before it, then goes on with all that it has seen. */
const chained = workflow({ name: "chained" }).execute(async function* (ctx, before: readonly number[]) {
  const seen = [...before];
  ctx.onUpdate({ name: "note" }, (number: number) => void seen.push(number));
  ctx.onQuery({ name: "seen" }, () => seen);
  seen.push(yield* ctx.waitForSignal<number>({ name: "next" }));
  yield* ctx.continueAsNew(seen);
});

async function startedRun(input: unknown, rebuilt: boolean): Promise<RecordedRun> {
  const run = new RecordedRun(chained, { rebuildBeforeEachEvent: rebuilt });
  await run.start(input);
  return run;
}

test("signals and updates go through a chain of runs once and in order, however they are grouped into commits", async () => {
  const scenario = fc.record({
    kinds: fc.array(fc.constantFrom("signal" as const, "update" as const), { maxLength: 30 }),
    pages: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 }),
    rebuilt: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ kinds, pages, rebuilt }) => {
      let inbox: CarriedEvent[] = kinds.map((kind, number) =>
        kind === "signal"
          ? { kind, name: "next", payload: encodePayload(number) }
          : { kind, name: "note", updateId: `u${number}`, input: encodePayload(number) },
      );
      let run = await startedRun([], rebuilt);
      for (let commit = 0; inbox.length > 0; commit++) {
        const page = inbox.splice(0, pages[commit % pages.length]);
        for (const event of page) await run.feed(event);
        if (run.closing?.kind !== "continued") continue;
        inbox = [...run.machine.carriedEvents, ...inbox];
        run = await startedRun(decodePayload(run.closing.input), rebuilt);
      }
      expect(run.query("seen")).toEqual(kinds.map((_kind, number) => number));
    }),
    { numRuns: 200 },
  );
});
