import { encodePayload, failureOf, type MessageAnswer } from "@heddle/protocol";
import type { ChildOptions } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import type { RecordedRun } from "../testing/recorded-run.js";
import { BOTH_WAYS } from "../testing/start-run.js";

const answered = (run: RecordedRun, seq: number, answer: MessageAnswer) =>
  run.feed({ kind: "message-answered", seq, answer });
const accepted = (run: RecordedRun, seq: number) =>
  answered(run, seq, { outcome: "started", workflowId: `run-1-${seq}`, runId: "r" });
const completed = (run: RecordedRun, seq: number, result: unknown) =>
  run.feed({ kind: "child-completed", seq, runId: "r", result: encodePayload(result) });
const failed = (run: RecordedRun, seq: number, status: "failed" | "cancelled" | "terminated" = "failed") =>
  run.feed({ kind: "child-failed", seq, runId: "r", status, failure: failureOf(new RangeError("no stock")) });

describe.each(BOTH_WAYS)("children, %s,", (_way, start) => {
  test("start is one step, the result another, and may be awaited more than once", async () => {
    const run = await start(function* (ctx) {
      const child = yield* ctx.startChild("order", { amount: 1 });
      const both = yield* ctx.all([child.result(), child.result()]);
      return [child.workflowId, ...both, yield* child.result()];
    });
    expect(run.decisions).toEqual(["child-start-requested 1 order"]);
    expect(run.machine.pendingChildren).toMatchObject([
      { seq: 1, workflowId: "run-1-1", policy: "terminate" },
    ]);
    await accepted(run, 1);
    expect(run.closing).toBeUndefined();
    await completed(run, 1, "done");
    expect(run.result).toEqual(["run-1-1", "done", "done", "done"]);
    expect(run.machine.pendingChildren).toEqual([]);
  });

  test("a result that comes before the answer to the start is enough", async () => {
    const run = await start(function* (ctx) {
      const child = yield* ctx.startChild("order");
      const result = yield* child.result();
      yield* ctx.waitForSignal("end");
      return result;
    });
    await completed(run, 1, 7);
    await accepted(run, 1);
    await run.signal("end");
    expect(run.result).toBe(7);
  });

  test("a result that nobody awaits yet is kept", async () => {
    const run = await start(function* (ctx) {
      const child = yield* ctx.startChild("order");
      yield* ctx.waitForSignal("go");
      return yield* child.result();
    });
    await accepted(run, 1);
    await completed(run, 1, "kept");
    await run.signal("go");
    expect(run.result).toBe("kept");
  });

  test("a failure arrives wrapped, with its cause", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.runChild("order");
    });
    await accepted(run, 1);
    await failed(run, 1);
    expect(run.failure).toMatchObject({
      name: "ChildWorkflowFailedError",
      details: { workflowId: "run-1-1", type: "order", status: "failed", runId: "r" },
      cause: { name: "RangeError", message: "no stock" },
    });
  });

  test("an id that is taken is a catchable error of the start", async () => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.runChild("order", undefined, { id: "taken" });
        return "started";
      } catch (error) {
        return (error as Error).name;
      }
    });
    const taken = { workflowId: "taken", runId: "x", status: "running", type: "order" };
    await answered(run, 1, { outcome: "exists", ...taken });
    expect(run.result).toBe("WorkflowAlreadyExistsError");
    expect(run.machine.pendingChildren).toEqual([]);
  });

  test("signals and cancel requests go to the child's own chain of runs", async () => {
    const run = await start(function* (ctx) {
      const child = yield* ctx.startChild("order");
      yield* child.signal("paid", 5);
      yield* child.cancel("enough");
      return child.runId;
    });
    await accepted(run, 1);
    await accepted(run, 2);
    await accepted(run, 3);
    const runId = run.result;
    expect(run.commands.slice(1, 3)).toEqual([
      {
        ...{ kind: "signal-sent", seq: 2, workflowId: "run-1-1", runId, name: "paid" },
        payload: encodePayload(5),
      },
      { kind: "child-cancel-requested", seq: 3, workflowId: "run-1-1", runId, reason: "enough" },
    ]);
  });

  test("a closed child needs no cancel request", async () => {
    const run = await start(function* (ctx) {
      const child = yield* ctx.startChild("order");
      yield* child.result();
      yield* child.cancel();
    });
    await completed(run, 1, 1);
    expect(run.decisions).toEqual(["child-start-requested 1 order", "completed"]);
  });

  test("options are checked at the call, and a tree has a limited depth", async () => {
    const codes: (string | undefined)[] = [];
    const bad = [
      { id: "" },
      { parentClosePolicy: "ignore" },
      { cancellation: "later" },
      { idConflict: "use-existing" },
      { startAfter: 1, startAt: 2 },
      { timeout: 1 },
    ] as unknown as ChildOptions[];
    const run = await start(function* (ctx) {
      codes.length = 0;
      for (const options of bad) {
        try {
          ctx.startChild("order", undefined, options);
        } catch (error) {
          codes.push((error as { code?: string }).code);
        }
      }
      yield* ctx.waitForSignal("end");
    });
    expect(codes).toEqual(bad.map(() => "INVALID_ARGUMENT"));
    expect(run.decisions).toEqual(["signal-awaited 1 end"]);
  });
});

describe.each(BOTH_WAYS)("code that awaits a child and is cancelled, %s,", (_way, start) => {
  const awaiting = (cancellation: NonNullable<ChildOptions["cancellation"]>) =>
    start(function* (ctx) {
      const seen: unknown[] = [];
      try {
        seen.push(yield* ctx.runChild("order", undefined, { cancellation }));
        yield* ctx.sleep(1);
      } catch (error) {
        const { name, cause } = error as Error;
        seen.push(name, (cause as Error | undefined)?.name);
      }
      return seen;
    });

  test("abandon: goes on at once, the child is left alone", async () => {
    const run = await awaiting("abandon");
    expect(await run.cancel()).toEqual(["completed"]);
    expect(run.result).toEqual(["CancelledError", undefined]);
  });

  test("try-cancel: asks, and goes on at once", async () => {
    const run = await awaiting("try-cancel");
    expect(await run.cancel("enough")).toEqual(["child-cancel-requested 2", "completed"]);
    expect(run.commands[1]).toMatchObject({ reason: "enough" });
  });

  test("wait-cancellation-requested: goes on when the child has the request", async () => {
    const run = await awaiting("wait-cancellation-requested");
    await accepted(run, 1);
    expect(await run.cancel()).toEqual(["child-cancel-requested 2"]);
    await accepted(run, 2);
    expect(run.result).toEqual(["CancelledError", undefined]);
  });

  test("wait-cancellation-completed: goes on when the child has closed", async () => {
    const run = await awaiting("wait-cancellation-completed");
    await accepted(run, 1);
    expect(await run.cancel()).toEqual(["child-cancel-requested 2"]);
    await accepted(run, 2);
    expect(run.closing).toBeUndefined();
    await failed(run, 1, "cancelled");
    expect(run.result).toEqual(["CancelledError", "ChildWorkflowFailedError"]);
  });

  test("wait-cancellation-completed: a child that completes all the same is seen first", async () => {
    const run = await awaiting("wait-cancellation-completed");
    await accepted(run, 1);
    await run.cancel();
    await completed(run, 1, "too late to stop");
    expect(run.result).toEqual(["too late to stop", "CancelledError", undefined]);
  });

  test("a start that is refused while it waits is a cancellation", async () => {
    const run = await awaiting("wait-cancellation-completed");
    await run.cancel();
    const taken = { workflowId: "taken", runId: "x", status: "running", type: "order" };
    await answered(run, 1, { outcome: "exists", ...taken });
    expect(run.result).toEqual(["CancelledError", "WorkflowAlreadyExistsError"]);
  });

  test("a start whose child completes all the same gives its handle, and the cancellation comes next", async () => {
    const run = await start(function* (ctx) {
      const child = yield* ctx.startChild("order");
      try {
        return yield* child.result();
      } catch (error) {
        return (error as Error).name;
      }
    });
    await run.cancel();
    await accepted(run, 1);
    await completed(run, 1, "done");
    expect(run.result).toBe("CancelledError");
  });

  test("the request is sent once, however many awaited the child", async () => {
    const run = await start(function* (ctx) {
      const child = yield* ctx.startChild("order");
      yield* ctx.all([child.result(), child.result()]);
    });
    await accepted(run, 1);
    expect(await run.cancel()).toEqual(["child-cancel-requested 2"]);
    await failed(run, 1, "cancelled");
    expect(run.closing?.kind).toBe("cancelled");
  });
});
