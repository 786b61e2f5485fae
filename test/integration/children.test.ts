// `ctx.startChild` and `ctx.runChild`.
import {
  CancelledError,
  ChildDepthExceededError,
  ChildWorkflowFailedError,
  signal,
  workflow,
  WorkflowAlreadyExistsError,
  type ChildOptions,
  type WorkflowContext,
} from "heddle";
import { waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const go = signal<string>("go");

const doubler = workflow({ name: "doubler" }).execute(async function* (ctx, value: number) {
  yield* ctx.sleep(1);
  return value * 2;
});
const waiter = workflow({ name: "waiter" }).execute(async function* (ctx) {
  return yield* ctx.waitForSignal(go);
});
const failing = workflow({ name: "failing" }).execute(async function* (ctx) {
  yield* ctx.sleep(1);
  throw new RangeError("no such product");
});

test("children in all partitions, side by side: results in order, and each knows its parent", async () => {
  const parent = workflow({ name: "parent" }).execute(async function* (ctx) {
    const results = yield* ctx.all(Array.from({ length: 40 }, (_, value) => ctx.runChild(doubler, value)));
    const named = yield* ctx.startChild("doubler", 100, { id: "named-child" });
    return { results, named: yield* named.result() };
  });
  const engine = await openEngine({ workflows: [parent, doubler] });
  const handle = await engine.start("parent");
  expect(await handle.result()).toEqual({
    results: Array.from({ length: 40 }, (_, value) => value * 2),
    named: 200,
  });
  const child = await engine.getHandle("named-child").describe();
  expect(child.parent).toMatchObject({ workflowId: handle.id, runId: handle.runId, depth: 1 });
  expect((await handle.describe()).parent).toBeUndefined();
});

test("signals and cancellation through the handle", async () => {
  const parent = workflow({ name: "parent" }).execute(async function* (ctx) {
    const first = yield* ctx.startChild(waiter);
    const second = yield* ctx.startChild(waiter);
    yield* first.signal(go, "on");
    yield* second.cancel("not needed");
    const result = yield* first.result();
    try {
      yield* second.result();
      return "not cancelled";
    } catch (error) {
      if (!(error instanceof ChildWorkflowFailedError)) throw error;
      return [result, error.details["status"], (error.cause as Error).message];
    }
  });
  const engine = await openEngine({ workflows: [parent, waiter] });
  expect(await engine.execute("parent")).toEqual(["on", "cancelled", "not needed"]);
});

test("a failure arrives wrapped, with its cause; so do a termination and a timeout", async () => {
  const parent = workflow({ name: "parent" }).execute(async function* (ctx) {
    const outcomes = yield* ctx.allSettled([
      ctx.runChild(failing, undefined, { id: "fails" }),
      ctx.runChild(waiter, undefined, { id: "terminated" }),
      ctx.runChild(waiter, undefined, { id: "late", runTimeout: 50 }),
    ]);
    return outcomes.map((outcome) => {
      if (outcome.status === "fulfilled") return "fulfilled";
      const { code, details, cause } = outcome.reason as ChildWorkflowFailedError & { cause: Error };
      return [code, details["workflowId"], details["type"], details["status"], cause.name];
    });
  });
  const engine = await openEngine({ workflows: [parent, waiter, failing] });
  const handle = await engine.start("parent");
  await waitFor(async () => (await engine.count({ type: "waiter" })) === 2, {
    description: "both have started",
  });
  await engine.terminate("terminated");
  expect(await handle.result()).toEqual([
    ["CHILD_WORKFLOW_FAILED", "fails", "failing", "failed", "RangeError"],
    ["CHILD_WORKFLOW_FAILED", "terminated", "waiter", "terminated", "WorkflowTerminatedError"],
    ["CHILD_WORKFLOW_FAILED", "late", "waiter", "timed-out", "WorkflowTimedOutError"],
  ]);
});

test("an id that is taken is a catchable error, and the parent goes on", async () => {
  const parent = workflow({ name: "parent" }).execute(async function* (ctx) {
    try {
      yield* ctx.startChild(waiter, undefined, { id: "taken" });
      return "started";
    } catch (error) {
      if (!(error instanceof WorkflowAlreadyExistsError)) throw error;
      return yield* ctx.runChild(doubler, 4, { id: "taken-not" });
    }
  });
  const engine = await openEngine({ workflows: [parent, waiter, doubler] });
  const taken = await engine.start("waiter", undefined, { id: "taken" });
  expect(await engine.execute("parent")).toBe(8);
  expect((await taken.describe()).status).toBe("running");
});

test("the result of a child that continues as new is that of its last run", async () => {
  const counting = workflow({ name: "counting" }).execute(async function* (ctx, count: number) {
    yield* ctx.sleep(1);
    if (count < 4) yield* ctx.continueAsNew(count + 1);
    return { count, parent: ctx.parent?.workflowId };
  });
  const parent = workflow({ name: "parent" }).execute(async function* (ctx) {
    return yield* ctx.runChild(counting, 0);
  });
  const engine = await openEngine({ workflows: [parent, counting] });
  const handle = await engine.start("parent");
  expect(await handle.result()).toEqual({ count: 4, parent: handle.id });
});

test("a tree deeper than 20 is stopped by a typed error", async () => {
  const nested = workflow({ name: "nested" }).execute(async function* (ctx, depth: number) {
    try {
      return yield* ctx.runChild("nested", depth + 1);
    } catch (error) {
      if (error instanceof ChildDepthExceededError) return depth;
      throw error;
    }
  });
  const engine = await openEngine({ workflows: [nested] });
  expect(await engine.execute("nested", 0)).toBe(20);
});

/** Starts children with each policy, then waits for ever. */
const guardian = workflow({ name: "guardian" }).execute(async function* (ctx, ends: boolean) {
  for (const parentClosePolicy of ["terminate", "request-cancel", "abandon"] as const) {
    yield* ctx.startChild(waiter, undefined, {
      id: `${ctx.workflowId}/${parentClosePolicy}`,
      parentClosePolicy,
    });
  }
  if (ends) return;
  yield* ctx.waitForSignal("never");
});

describe("when the parent closes, its open children follow their policies:", () => {
  test.for([
    ["it completes", async () => undefined],
    ["it is terminated", (id, engine) => engine.terminate(id)],
    ["it times out", async () => undefined],
    [
      "it is replaced",
      (id, engine) => engine.start("waiter", undefined, { id, idConflict: "terminate-existing" }),
    ],
  ] satisfies [string, (id: string, engine: Awaited<ReturnType<typeof openEngine>>) => Promise<unknown>][])(
    "%s",
    async ([how, close]) => {
      const engine = await openEngine({ workflows: [guardian, waiter] });
      const options = how === "it times out" ? { runTimeout: 1_000 } : {};
      const { id } = await engine.start("guardian", how === "it completes", { id: "guardian", ...options });
      const statusOf = async (policy: string) =>
        (await engine.getHandle(`guardian/${policy}`).describe()).status;
      await waitFor(async () => (await engine.count({ type: "waiter" })) === 3, {
        description: "the children have started",
      });
      await close(id, engine as never);
      await waitFor(async () => (await statusOf("terminate")) === "terminated", {
        description: "one is terminated",
      });
      await waitFor(async () => (await statusOf("request-cancel")) === "cancelled", {
        description: "one is cancelled",
      });
      expect(await statusOf("abandon")).toBe("running");
      await engine.signal("guardian/abandon", go, "on");
      expect(await engine.getHandle("guardian/abandon").result()).toBe("on");
    },
  );
});

test("a parent that continues as new leaves its children to their policies, and its successor has none", async () => {
  const restless = workflow({ name: "restless" }).execute(async function* (ctx, isSecond: boolean) {
    if (isSecond) return yield* ctx.waitForSignal(go);
    yield* ctx.startChild(waiter, undefined, { id: "left" });
    yield* ctx.startChild(waiter, undefined, { id: "abandoned", parentClosePolicy: "abandon" });
    return yield* ctx.continueAsNew(true);
  });
  const engine = await openEngine({ workflows: [restless, waiter] });
  const handle = await engine.start("restless", false);
  await waitFor(async () => (await engine.count({ type: "waiter", status: "terminated" })) === 1, {
    description: "the child is terminated",
  });
  await engine.signal("abandoned", go, "on");
  expect(await engine.getHandle("abandoned").result()).toBe("on");
  await handle.signal(go, "over");
  expect(await handle.result()).toBe("over");
  expect((await handle.history()).map(({ kind }) => kind)).not.toContain("child-failed");
});

describe("a cancelled parent", () => {
  const slow = workflow({ name: "slow" }).execute(async function* (ctx) {
    try {
      yield* ctx.waitForSignal(go);
    } finally {
      yield* ctx.waitForSignal("clean");
    }
  });
  const parentOf = (options: ChildOptions) =>
    workflow({ name: "parent" }).execute(async function* (ctx: WorkflowContext) {
      yield* ctx.runChild(slow, undefined, { id: "slow", parentClosePolicy: "abandon", ...options });
    });

  test.for(["abandon", "try-cancel", "wait-cancellation-requested", "wait-cancellation-completed"] as const)(
    "that awaits a child with %s",
    async (cancellation) => {
      const engine = await openEngine({ workflows: [parentOf({ cancellation }), slow] });
      const handle = await engine.start("parent");
      const child = engine.getHandle("slow");
      await waitFor(async () => (await engine.count({ type: "slow", status: "running" })) === 1, {
        description: "the child runs",
      });
      await handle.cancel({ reason: "enough" });
      const requested = async () => (await child.history()).some(({ kind }) => kind === "cancel-requested");
      if (cancellation === "wait-cancellation-completed") {
        await waitFor(requested, { description: "the child is asked" });
        expect((await handle.describe()).status).toBe("running");
        await child.signal("clean");
      }
      await expect(handle.result()).rejects.toMatchObject({ code: "WORKFLOW_CANCELLED" });
      if (cancellation === "abandon") expect(await requested()).toBe(false);
      else await waitFor(requested, { description: "the child is asked" });
      const isOver = cancellation === "wait-cancellation-completed";
      expect((await child.describe()).status).toBe(isOver ? "cancelled" : "running");
    },
  );
});

test("the code that awaits a child which was cancelled with it sees a CancelledError", async () => {
  const parent = workflow({ name: "parent" }).execute(async function* (ctx) {
    try {
      yield* ctx.scope(() => ctx.runChild(waiter), { timeout: 50 });
      return "done";
    } catch (error) {
      return [(error as Error).name, (error as Error).cause === undefined, error instanceof CancelledError];
    }
  });
  const engine = await openEngine({ workflows: [parent, waiter] });
  expect(await engine.execute("parent")).toEqual(["ScopeTimedOutError", true, false]);
});
