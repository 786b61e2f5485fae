// A coordinator that keeps hardly any run in memory rebuilds them from history, and nobody sees a difference.
import { activity, query, workflow } from "heddle";
import { expect, test } from "vitest";
import { collectNotes, note } from "./support/collecting-workflows.js";
import { openEngine } from "./support/open-engine.js";

const add = activity({
  name: "add",
  execute: ({ left, right }: { left: number; right: number }) => left + right,
});
const total = query<number>("total");

/** Uses everything that history records, and keeps state between two waits. */
const adding = workflow({ name: "adding" }).execute(async function* (ctx, input: { rounds: number }) {
  let sum = 0;
  const draws: number[] = [];
  ctx.onQuery(total, () => sum);
  for (let round = 0; round < input.rounds; round++) {
    const value = yield* ctx.waitForSignal(note);
    sum = yield* ctx.run(add, { left: sum, right: value });
    sum += yield* ctx.step("one", () => 1);
    yield* ctx.race([ctx.sleep(1), ctx.waitForSignal("never")]);
    draws.push(ctx.random());
  }
  return { sum, draws: new Set(draws).size };
});

test("an engine that keeps one run in memory gives the same results and answers", async () => {
  const engine = await openEngine({
    workflows: [adding],
    activities: [add],
    coordinator: { cachedRuns: 1 },
  });
  const rounds = 4;
  const handles = await Promise.all(Array.from({ length: 30 }, () => engine.start("adding", { rounds })));
  for (let round = 0; round < rounds; round++) {
    await Promise.all(handles.map((handle, index) => handle.signal(note, index)));
    if (round === 1) {
      const answers = await Promise.all(handles.map((handle) => handle.query(total)));
      expect(answers.every((answer) => typeof answer === "number")).toBe(true);
    }
  }
  const results = await Promise.all(handles.map((handle) => handle.result()));
  expect(results).toEqual(handles.map((_handle, index) => ({ sum: (index + 1) * rounds, draws: rounds })));
  for (const handle of handles) {
    const history = await handle.history();
    expect(history.filter(({ kind }) => kind === "activity-completed")).toHaveLength(rounds);
  }
});

test("signals that come together for more runs than fit in memory all reach their runs", async () => {
  const engine = await openEngine({
    partitions: 1,
    workflows: [collectNotes],
    coordinator: { cachedRuns: 1 },
  });
  const handles = await Promise.all(
    Array.from({ length: 100 }, () => engine.start("collect-notes", { count: 3 })),
  );
  for (let round = 0; round < 3; round++) {
    await Promise.all(handles.map((handle) => handle.signal(note, round)));
  }
  const results = await Promise.all(handles.map((handle) => handle.result()));
  expect(results).toEqual(handles.map(() => [0, 1, 2]));
});
