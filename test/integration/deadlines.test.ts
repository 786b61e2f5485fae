// What execution and run timeouts promise: the run is closed as timed-out at its deadline, whatever it does, once.
import { randomNamespace, waitFor } from "@heddle/testkit";
import { workflow, WorkflowNotRunningError, WorkflowTimedOutError } from "heddle";
import { describe, expect, test } from "vitest";
import { readNamespace } from "../support/namespace-contents.js";
import { collectNotes, note } from "./support/collecting-workflows.js";
import { gatedActivity } from "./support/gated-activity.js";
import { openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";

const untilNothingIsLeft = (namespace: string) => {
  const redis = openRedis();
  return waitFor(
    async () => {
      const { unfinished } = await readNamespace(redis, namespace);
      if (unfinished.length > 0) throw new Error(unfinished.join("; "));
      return true;
    },
    { description: "nothing is pending" },
  );
};

describe("at its deadline", () => {
  test("a parked run is closed without its code, its waiter is told, and it takes no more signals", async () => {
    let cleanedUp = false;
    const parked = workflow({ name: "parked" }).execute(async function* (ctx) {
      try {
        yield* ctx.all([ctx.waitForSignal("never"), ctx.sleep("1h")]);
      } finally {
        cleanedUp = true;
      }
    });
    const namespace = randomNamespace("deadline");
    const engine = await openEngine({ namespace, workflows: [parked] });
    const handle = await engine.start("parked", undefined, { runTimeout: "300ms", executionTimeout: "1h" });
    const { createdAtMs, runDeadlineMs, executionDeadlineMs } = await handle.describe();
    expect(runDeadlineMs).toBe(createdAtMs + 300);
    expect(executionDeadlineMs).toBe(createdAtMs + 3_600_000);
    await expect(handle.result()).rejects.toThrow(WorkflowTimedOutError);
    await expect(handle.result()).rejects.toThrow(/reached its run timeout/);
    const last = (await handle.history()).at(-1);
    expect(last).toMatchObject({ kind: "timed-out", timeout: "run", deadlineMs: runDeadlineMs });
    expect(last?.["at"]).toBeGreaterThanOrEqual(createdAtMs + 300);
    await expect(handle.signal("never")).rejects.toThrow(WorkflowNotRunningError);
    expect((await engine.list({ status: "timed-out" })).items.map(({ id }) => id)).toEqual([handle.id]);
    await untilNothingIsLeft(namespace);
    expect(cleanedUp).toBe(false);
  });

  test("a running activity is withdrawn and its worker is told", async () => {
    const gated = gatedActivity();
    const one = workflow({ name: "one" }).execute(async function* (ctx) {
      return yield* ctx.run(gated.definition);
    });
    const namespace = randomNamespace("deadline");
    const engine = await openEngine({ namespace, workflows: [one], activities: [gated.definition] });
    const handle = await engine.start("one", undefined, { executionTimeout: "500ms" });
    await waitFor(() => gated.contexts.length === 1, { description: "the activity runs" });
    await expect(handle.result()).rejects.toThrow(/reached its execution timeout/);
    await waitFor(() => gated.contexts[0]?.signal.aborted, { description: "the activity is aborted" });
    await untilNothingIsLeft(namespace);
    expect((await handle.history()).at(-1)?.kind).toBe("timed-out");
  });

  test("a suspended run and one that nobody has code for are closed too", async () => {
    const namespace = randomNamespace("deadline");
    const engine = await openEngine({ namespace, workflows: [collectNotes] });
    const client = await openEngine({ namespace, roles: ["client"] });
    const times = { runTimeout: "600ms" };
    const suspended = await engine.start("collect-notes", { count: 1 }, times);
    const held = await client.start("nobody-has-it", undefined, times);
    await suspended.suspend();
    await suspended.signal(note, 1);
    await waitFor(async () => (await held.describe()).heldReason, { description: "the run is held" });
    for (const handle of [suspended, held]) {
      await expect(handle.result()).rejects.toThrow(WorkflowTimedOutError);
      expect((await handle.describe()).heldReason).toBeUndefined();
    }
    await untilNothingIsLeft(namespace);
  });

  test("runs whose deadline passed while nobody owned their partition are closed by the next owner", async () => {
    const namespace = randomNamespace("deadline");
    const began: string[] = [];
    const eager = workflow({ name: "eager" }).execute(async function* (ctx) {
      yield* ctx.step("begin", () => began.push(ctx.workflowId));
      yield* ctx.waitForSignal("never");
    });
    const client = await openEngine({ namespace, roles: ["client"], partitions: 1 });
    const late = await client.start("eager", undefined, { runTimeout: 1 });
    await openEngine({ namespace, workflows: [eager] });
    await expect(late.result()).rejects.toThrow(WorkflowTimedOutError);
    await untilNothingIsLeft(namespace);
  });
});

test("a run that ends in time leaves no deadline behind, and its id may be used again", async () => {
  const namespace = randomNamespace("deadline");
  const engine = await openEngine({ namespace, workflows: [collectNotes] });
  const options = { id: "same", runTimeout: "1h" };
  expect(await engine.execute("collect-notes", { count: 0 }, options)).toEqual([]);
  await untilNothingIsLeft(namespace);
  const late = await engine.start("collect-notes", { count: 1 }, { id: "same", runTimeout: 100 });
  await expect(late.result()).rejects.toThrow(WorkflowTimedOutError);
  const again = await engine.start(
    "collect-notes",
    { count: 0 },
    { id: "same", idReuse: "allow-failed-only" },
  );
  expect(await again.result()).toEqual([]);
});

test("an execution timeout spans the runs that a workflow continues as", async () => {
  const endless = workflow({ name: "endless" }).execute(async function* (ctx, round: number) {
    yield* ctx.sleep("50ms");
    yield* ctx.continueAsNew(round + 1);
  });
  const namespace = randomNamespace("deadline");
  const engine = await openEngine({ namespace, workflows: [endless] });
  const handle = await engine.start("endless", 1, { executionTimeout: "500ms", runTimeout: "400ms" });
  const { executionDeadlineMs } = await handle.describe();
  await expect(handle.result()).rejects.toThrow(/reached its execution timeout/);
  const { runId, ...end } = await handle.describe();
  expect(runId).not.toBe(handle.runId);
  expect(end).toMatchObject({ status: "timed-out", executionDeadlineMs });
  await untilNothingIsLeft(namespace);
});

test("startOrSignal limits the run that it starts", async () => {
  const engine = await openEngine({ workflows: [collectNotes] });
  const signal = { name: note.name, payload: 1, signalId: "one" };
  const options = { id: "cart", runTimeout: "200ms" };
  const { handle, outcome } = await engine.startOrSignal("collect-notes", { count: 2 }, signal, options);
  expect(outcome).toBe("started");
  await expect(handle.result()).rejects.toThrow(WorkflowTimedOutError);
});
