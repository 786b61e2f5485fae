import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryChoices, arbitraryProgram, SIGNAL_NAMES } from "./testing/arbitrary-program.js";
import { workflowOf, type Trace } from "./testing/program.js";
import { runSchedule } from "./testing/scheduled-run.js";

// A failure prints the seed and the shrunk program; `{ seed, path }` as options of `fc.assert` repeat it.

test("every signal is taken by exactly one wait or handler, in order of arrival, whatever loses, times out or is cancelled", async () => {
  const scenario = fc.record({
    program: arbitraryProgram({ bare: false }),
    choices: arbitraryChoices,
    async: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ program, choices, async }) => {
      const workflow = workflowOf(program, { async, drain: SIGNAL_NAMES });
      const { run, delivered } = await runSchedule(workflow, choices);
      const trace = run.result as Trace;
      for (const name of SIGNAL_NAMES) {
        const payloads = (taken: string) =>
          trace.filter(([what]) => what === taken).map(([, payload]) => payload as number);
        const [waited, handled] = [payloads(`wait ${name}`), payloads(`handled ${name}`)];
        for (const taken of [waited, handled]) expect(taken).toEqual(taken.toSorted(ascending));
        expect([...waited, ...handled].toSorted(ascending)).toEqual(
          Array.from({ length: delivered.get(name) ?? 0 }, (_, index) => index),
        );
      }
    }),
    { numRuns: 1_000 },
  );
});

function ascending(left: number, right: number): number {
  return left - right;
}
