import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryChoices, arbitraryProgram } from "./testing/arbitrary-program.js";
import { undoQuery, workflowOf, type UndoReport } from "./testing/program.js";
import { runSchedule } from "./testing/scheduled-run.js";

// A failure prints the seed and the shrunk program; `{ seed, path }` as options of `fc.assert` repeat it.

test("what a saga has done is kept or undone, and all shielded code has ended, when the run ends", async () => {
  const scenario = fc.record({
    program: arbitraryProgram({ bare: true }),
    choices: arbitraryChoices,
    async: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ program, choices, async }) => {
      const { run } = await runSchedule(workflowOf(program, { async }), choices);
      const { openShields, toUndo, undone } = run.query(undoQuery.name) as UndoReport;
      expect(openShields).toBe(0);
      expect(undone).toEqual(toUndo);
    }),
    { numRuns: 500 },
  );
});
