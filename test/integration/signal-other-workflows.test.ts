// `ctx.signalWorkflow` and `ctx.startOrSignal`: from one workflow to another, in any partition, once and in order.
import {
  query,
  signal,
  StartOrSignalConflictError,
  workflow,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
} from "heddle";
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const note = signal<number>("note");
const noted = query<number[]>("noted");

/** Takes notes until it has as many as it wants. */
const taker = workflow({ name: "taker" }).execute(async function* (ctx, wanted: number) {
  const notes: number[] = [];
  ctx.onQuery(noted, () => notes);
  while (notes.length < wanted) notes.push(yield* ctx.waitForSignal(note));
  return notes;
});

test("signals of one run to many workflows arrive once, in the order in which they were sent", async () => {
  const targets = Array.from({ length: 12 }, (_, index) => `taker-${index}`);
  const sender = workflow({ name: "sender" }).execute(async function* (ctx) {
    for (const value of [1, 2, 3]) {
      yield* ctx.all(targets.map((id) => ctx.signalWorkflow(id, note, value)));
    }
    // Without waiting for the one before.
    yield* ctx.all([4, 5, 6, 7].flatMap((value) => targets.map((id) => ctx.signalWorkflow(id, note, value))));
  });
  const engine = await openEngine({ workflows: [taker, sender] });
  const takers = await Promise.all(targets.map((id) => engine.start("taker", 7, { id })));
  await engine.execute("sender");
  for (const each of takers) expect(await each.result()).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("a workflow may signal itself, and its own signal id deduplicates", async () => {
  const selfish = workflow({ name: "selfish" }).execute(async function* (ctx) {
    yield* ctx.signalWorkflow(ctx.workflowId, note, 1);
    yield* ctx.signalWorkflow(ctx.workflowId, note, 2, { signalId: "once" });
    yield* ctx.signalWorkflow(ctx.workflowId, note, 3, { signalId: "once" });
    yield* ctx.signalWorkflow(ctx.workflowId, "note", 4);
    return [yield* ctx.waitForSignal(note), yield* ctx.waitForSignal(note), yield* ctx.waitForSignal(note)];
  });
  const engine = await openEngine({ workflows: [selfish] });
  const handle = await engine.start("selfish");
  expect(await handle.result()).toEqual([1, 2, 4]);
  const signals = (await handle.history()).filter(({ kind }) => kind === "signal");
  expect(signals.map(({ signalId }) => signalId)).toEqual([
    `${handle.runId ?? ""}/1`,
    "once",
    `${handle.runId ?? ""}/4`,
  ]);
});

test("an unknown and a closed target are told apart, and the code may go on", async () => {
  const careful = workflow({ name: "careful" }).execute(async function* (ctx, targets: string[]) {
    const errors: string[] = [];
    for (const target of targets) {
      try {
        yield* ctx.signalWorkflow(target, note, 1);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) errors.push("not found");
        if (error instanceof WorkflowNotRunningError) errors.push("not running");
      }
    }
    return errors;
  });
  const engine = await openEngine({ workflows: [careful, taker] });
  const closed = await engine.start("taker", 0);
  await closed.result();
  expect(await engine.execute("careful", ["nobody", closed.id])).toEqual(["not found", "not running"]);
});

test("startOrSignal starts, then signals, then meets a closed run", async () => {
  const router = workflow({ name: "router" }).execute(async function* (ctx) {
    const outcomes: string[] = [];
    for (const signalId of ["a", "b", "b"]) {
      const options = { id: "routed" };
      const { outcome } = yield* ctx.startOrSignal(
        "taker",
        3,
        { name: note.name, payload: 1, signalId },
        options,
      );
      outcomes.push(outcome);
    }
    // Each delivery is one of its own when nothing names it.
    yield* ctx.startOrSignal("taker", 3, { name: note.name, payload: 2 }, { id: "routed" });
    const fresh = yield* ctx.startOrSignal("taker", 1, { name: note.name, payload: 9 });
    const keyed = yield* ctx.startOrSignal(
      "taker",
      1,
      { name: note.name, payload: 9 },
      { idempotencyKey: "k" },
    );
    yield* ctx.waitForSignal("closed");
    try {
      yield* ctx.startOrSignal("taker", 3, { name: note.name, payload: 3 }, { id: "routed" });
    } catch (error) {
      outcomes.push(error instanceof StartOrSignalConflictError ? error.code : "other");
    }
    return { outcomes, fresh: fresh.workflowId, keyed: keyed.workflowId };
  });
  const engine = await openEngine({ workflows: [router, taker] });
  const handle = await engine.start("router");
  await waitFor(async () => (await engine.count({ type: "taker" })) === 3, {
    description: "all have started",
  });
  expect(await engine.getHandle("routed").result()).toEqual([1, 1, 2]);
  await handle.signal("closed");
  const result = await handle.result();
  expect(result.outcomes).toEqual(["started", "signalled", "duplicate", "START_OR_SIGNAL_CONFLICT"]);
  expect(await engine.getHandle(result.fresh).result()).toEqual([9]);
  expect(await engine.getHandle(result.keyed).result()).toEqual([9]);
});
