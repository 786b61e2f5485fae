// What `cancel` promises: an event, seen by the code as a typed error where it waits; the code decides how it ends.
import { randomNamespace, waitFor } from "@heddle/testkit";
import {
  activity,
  CancelledError,
  workflow,
  WorkflowCancelledError,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
} from "heddle";
import { expect, test } from "vitest";
import { note } from "./support/collecting-workflows.js";
import { gatedActivity } from "./support/gated-activity.js";
import { keysOf, openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";

const undo = activity({ name: "undo", execute: (what: string) => `undid ${what}` });

test("the code sees a CancelledError with the reason, cleans up with further activities, and may complete", async () => {
  const tidy = workflow({ name: "tidy" }).execute(async function* (ctx) {
    try {
      return yield* ctx.waitForSignal("never");
    } catch (error) {
      const undone = yield* ctx.run(undo, "booking");
      yield* ctx.sleep(1);
      return { undone, cancelled: error instanceof CancelledError, message: String(error) };
    }
  });
  const engine = await openEngine({ workflows: [tidy], activities: [undo] });
  const handle = await engine.start("tidy");
  await handle.cancel({ reason: "customer left" });
  const message: unknown = expect.stringContaining("customer left");
  expect(await handle.result()).toEqual({ undone: "undid booking", cancelled: true, message });
  expect((await handle.describe()).status).toBe("completed");
});

test("code that lets the cancellation through ends as cancelled, and its clean-up ran", async () => {
  const cleaned: string[] = [];
  const tidy = workflow({ name: "tidy" }).execute(async function* (ctx) {
    try {
      yield* ctx.sleep("1h");
    } finally {
      cleaned.push(yield* ctx.run(undo, "hotel"));
    }
  });
  const engine = await openEngine({ workflows: [tidy], activities: [undo] });
  const handle = await engine.start("tidy");
  const result = handle.result();
  await engine.cancel(handle.id, { reason: "too late" });
  await expect(result).rejects.toThrow(WorkflowCancelledError);
  await expect(handle.result()).rejects.toThrow(/too late/);
  expect(cleaned).toEqual(["undid hotel"]);
  expect((await handle.describe()).status).toBe("cancelled");
});

test("an error that the clean-up throws makes the run fail with it", async () => {
  const broken = workflow({ name: "broken" }).execute(async function* (ctx) {
    try {
      yield* ctx.sleep("1h");
    } catch {
      throw new RangeError("no way back");
    }
  });
  const engine = await openEngine({ workflows: [broken] });
  const handle = await engine.start("broken");
  await handle.cancel();
  await expect(handle.result()).rejects.toMatchObject({
    code: "WORKFLOW_FAILED",
    cause: { name: "RangeError", message: "no way back" },
  });
});

test("cancelling aborts the running activity and the inline step, and leaves no activity and no timer in Redis", async () => {
  const gated = gatedActivity();
  let stepAborted = false;
  const wide = workflow({ name: "wide" }).execute(async function* (ctx) {
    yield* ctx.all([
      ctx.run(gated.definition, undefined, { retry: { maxAttempts: 1 } }),
      ctx.sleep("1h"),
      ctx.step("watch", () => {
        return new Promise((resolve) => {
          ctx.signal.addEventListener("abort", () => {
            stepAborted = true;
            resolve("aborted");
          });
        });
      }),
    ]);
  });
  const namespace = randomNamespace("cancel");
  const engine = await openEngine({
    namespace,
    partitions: 1,
    workflows: [wide],
    activities: [gated.definition],
  });
  const handle = await engine.start("wide");
  await waitFor(() => gated.contexts.length === 1, { description: "the activity runs" });
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow(WorkflowCancelledError);
  expect(stepAborted).toBe(true);
  await waitFor(() => gated.contexts[0]?.signal.aborted, { description: "the activity is aborted" });
  const redis = openRedis();
  const keys = await keysOf(redis, namespace);
  expect(keys.filter((key) => key.includes("}:a:"))).toEqual([]);
  const timers = await redis.zrange(`{heddle:${namespace}:0}:timers`, 0, "-1");
  expect(timers.filter((member) => !member.startsWith("purge:"))).toEqual([]);
});

test("cancelling before the code began, again, and while suspended, is one cancellation", async () => {
  const namespace = randomNamespace("cancel");
  const counting = workflow({ name: "counting" }).execute(async function* (ctx) {
    const seen: string[] = [];
    for (;;) {
      try {
        yield* ctx.waitForSignal(note);
        return seen;
      } catch (error) {
        seen.push((error as Error).name);
      }
    }
  });
  const client = await openEngine({ namespace, roles: ["client"] });
  const handle = await client.start("counting");
  await handle.cancel();
  await openEngine({ namespace, workflows: [counting] });
  await handle.cancel();
  await handle.suspend();
  await handle.cancel();
  await handle.resume();
  await handle.signal(note, 1);
  expect(await handle.result()).toEqual(["CancelledError"]);
  expect((await handle.history()).filter(({ kind }) => kind === "cancel-requested")).toHaveLength(1);
});

test("cancelling an unknown or a closed workflow is refused", async () => {
  const quick = workflow({ name: "quick" }).execute(function* (ctx) {
    yield* ctx.sleep(0);
  });
  const engine = await openEngine({ workflows: [quick] });
  const handle = await engine.start("quick");
  await handle.result();
  await expect(handle.cancel()).rejects.toThrow(WorkflowNotRunningError);
  await expect(engine.cancel("nobody")).rejects.toThrow(WorkflowNotFoundError);
});
