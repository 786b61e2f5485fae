// `ctx.continueAsNew`: a workflow without end that keeps its history small.
import { signal, workflow } from "heddle";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const counted = signal<number>("counted");

interface TallyInput {
  readonly wanted: number;
  readonly seen: readonly number[];
}

const tally = workflow({ name: "tally" })
  .signals({ counted })
  .execute(async function* (ctx, { wanted, seen }: TallyInput) {
    const first = yield* ctx.waitForSignal(counted);
    const now = [...seen, first];
    if (now.length < wanted) yield* ctx.continueAsNew({ wanted, seen: now });
    return { seen: now, runId: ctx.runId };
  });

test("concurrent signals go through a chain of runs, each once; the first handle gets the last result", async () => {
  const engine = await openEngine({ workflows: [tally] });
  const wanted = 25;
  const handle = await engine.start("tally", { wanted, seen: [] });
  await Promise.all(
    Array.from({ length: wanted }, (_, number) => handle.signal(counted, number, { signalId: `s${number}` })),
  );
  const { seen, runId } = await handle.result();
  expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: wanted }, (_, number) => number));
  expect(runId).not.toBe(handle.runId);
  // Accepted signal ids stay known in every run of the chain, so a late repetition finds the closed workflow's.
  await handle.signal(counted, 0, { signalId: "s0" });
  const history = await handle.history();
  expect(history.map(({ kind }) => kind)).toEqual(["started", "signal-awaited", "signal", "completed"]);
  expect(await engine.count({ type: "tally" })).toBe(1);
});

test("who executes waits for the end of the chain", async () => {
  const counting = workflow({ name: "counting" }).execute(async function* (ctx, count: number) {
    const next = yield* ctx.step("next", () => count + 1);
    if (next < 5) yield* ctx.continueAsNew(next);
    return next;
  });
  const engine = await openEngine({ workflows: [counting] });
  expect(await engine.execute("counting", 0)).toBe(5);
});

test("activities and timers that the code left pending are withdrawn", async () => {
  const racing = workflow({ name: "racing" }).execute(async function* (ctx, round: number) {
    if (round === 2) return "done";
    return yield* ctx.race([ctx.sleep("1 hour"), goingOn()]);
    function* goingOn() {
      yield* ctx.sleep(1);
      yield* ctx.continueAsNew(round + 1);
    }
  });
  const engine = await openEngine({ workflows: [racing] });
  expect(await engine.execute("racing", 0, { id: "r" })).toBe("done");
  expect(await engine.getHandle("r").describe()).toMatchObject({
    status: "completed",
    pendingActivities: [],
  });
});
