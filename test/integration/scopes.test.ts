// Scopes, sagas and cancel handlers on a live engine that keeps hardly any run in memory.
import { waitFor } from "@heddle/testkit";
import { activity, ScopeTimedOutError, workflow, WorkflowCancelledError } from "heddle";
import { expect, test } from "vitest";
import { collectNotes } from "./support/collecting-workflows.js";
import { gatedActivity } from "./support/gated-activity.js";
import { openEngine } from "./support/open-engine.js";

const undo = activity({ name: "undo", execute: (what: string) => `undid ${what}` });
const book = activity({ name: "book", execute: (what: string) => `${what}-1` });
const coordinator = { cachedRuns: 1 };

test("a scope that times out cancels its activity, cleans up, and the code goes on", async () => {
  const gated = gatedActivity();
  const timed = workflow({ name: "timed" }).execute(async function* (ctx) {
    try {
      return yield* ctx.scope(
        async function* () {
          try {
            return yield* ctx.run(gated.definition);
          } finally {
            yield* ctx.run(undo, "gated");
          }
        },
        { timeout: "500ms" },
      );
    } catch (error) {
      return [error instanceof ScopeTimedOutError, yield* ctx.run(undo, "all")];
    }
  });
  const engine = await openEngine({ workflows: [timed], activities: [gated.definition, undo], coordinator });
  expect(await engine.execute("timed")).toEqual([true, "undid all"]);
  await waitFor(() => gated.contexts[0]?.signal.aborted ?? true, { description: "the activity is aborted" });
});

test("cancelling a run leaves its shielded scope alone, and the status follows the code", async () => {
  const gated = gatedActivity();
  const reasons: string[] = [];
  const shielding = workflow({ name: "shielding" }).execute(async function* (ctx) {
    ctx.onCancel((reason) => reasons.push(reason));
    yield* ctx.scope(
      async function* () {
        yield* ctx.run(gated.definition);
        yield* ctx.run(undo, "shielded");
      },
      { shielded: true },
    );
    yield* ctx.sleep("1h");
  });
  const engine = await openEngine({
    workflows: [shielding],
    activities: [gated.definition, undo],
    coordinator,
  });
  const handle = await engine.start("shielding");
  await waitFor(() => gated.contexts.length === 1, { description: "the activity runs" });
  await handle.cancel({ reason: "customer left" });
  await waitFor(() => reasons.length > 0, { description: "the handler is called" });
  expect(gated.contexts[0]?.signal.aborted).toBe(false);
  gated.letGo();
  await expect(handle.result()).rejects.toThrow(WorkflowCancelledError);
  expect((await handle.describe()).status).toBe("cancelled");
  const kinds = (await handle.history()).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === "activity-completed")).toHaveLength(2);
  expect(kinds).not.toContain("activity-cancelled");
});

test("a cancelled saga undoes its steps in reverse order, while other runs push it out of memory", async () => {
  const trip = workflow({ name: "trip" }).execute(async function* (ctx) {
    yield* ctx.saga(async function* (saga) {
      yield* saga.run(ctx.run(book, "flight"), (booking) => ctx.run(undo, booking));
      yield* saga.run(ctx.run(book, "hotel"), (booking) => ctx.run(undo, booking));
      yield* ctx.sleep("1h");
    });
  });
  const engine = await openEngine({
    partitions: 1,
    workflows: [trip, collectNotes],
    activities: [book, undo],
    coordinator,
  });
  const handle = await engine.start("trip");
  const isSleeping = async () => (await handle.history()).some(({ kind }) => kind === "timer-started");
  await waitFor(isSleeping, { description: "the trip is booked" });
  await engine.start("collect-notes", { count: 1 });
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow(WorkflowCancelledError);
  const history = await handle.history();
  const scheduled = history.flatMap((entry) => (entry.kind === "activity-scheduled" ? [entry["input"]] : []));
  expect(scheduled).toEqual(["flight", "hotel", "hotel-1", "flight-1"]);
});
