import { encodePayload, type MessageAnswer } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import type { RecordedRun } from "../testing/recorded-run.js";
import { BOTH_WAYS } from "../testing/start-run.js";

const accepted: MessageAnswer = { outcome: "accepted", workflowId: "other", runId: "r" };
const answer = (run: RecordedRun, seq: number, given: MessageAnswer) =>
  run.feed({ kind: "message-answered", seq, answer: given });

describe.each(BOTH_WAYS)("ctx.signalWorkflow, %s,", (_way, start) => {
  test("sends one message and resolves when it is answered", async () => {
    const run = await start(function* (ctx) {
      const first = yield* ctx.signalWorkflow("other", "note", { text: "hi" });
      yield* ctx.signalWorkflow("other", { name: "note" }, undefined, { signalId: "mine" });
      return first === undefined;
    });
    expect(run.decisions).toEqual(["signal-sent 1 note"]);
    expect(run.commands[0]).toEqual({
      ...{ kind: "signal-sent", seq: 1, workflowId: "other", name: "note" },
      payload: encodePayload({ text: "hi" }),
    });
    expect(await answer(run, 1, accepted)).toEqual(["signal-sent 2 note"]);
    expect(run.commands[1]).toMatchObject({ signalId: "mine" });
    await answer(run, 2, { ...accepted, outcome: "duplicate" });
    expect(run.result).toBe(true);
  });

  test.each<[MessageAnswer, string]>([
    [{ outcome: "not-found", workflowId: "other" }, "WORKFLOW_NOT_FOUND"],
    [{ outcome: "closed", workflowId: "other", runId: "r", status: "failed" }, "WORKFLOW_NOT_RUNNING"],
  ])("throws what the target answered: $outcome", async (refusal, code) => {
    const run = await start(function* (ctx) {
      try {
        yield* ctx.signalWorkflow("other", "note");
        return "sent";
      } catch (error) {
        return (error as { code?: string }).code;
      }
    });
    await answer(run, 1, refusal);
    expect(run.result).toBe(code);
  });

  test("takes nothing back when it is cancelled, and the late answer is of no interest", async () => {
    const run = await start(function* (ctx) {
      yield* ctx.race([ctx.signalWorkflow("other", "note"), ctx.sleep(1)]);
      return yield* ctx.waitForSignal("end");
    });
    await run.fire();
    await answer(run, 1, accepted);
    await run.signal("end", "over");
    expect(run.decisions).toEqual([
      ...["signal-sent 1 note", "timer-started 2", "signal-awaited 3 end", "completed"],
    ]);
    expect(run.result).toBe("over");
  });

  test("refuses bad arguments before anything is decided", async () => {
    const run = await start(function* (ctx) {
      const codes: unknown[] = [];
      const calls = [
        () => ctx.signalWorkflow("", "note"),
        () => ctx.signalWorkflow("other", ""),
        () => ctx.signalWorkflow("other", "note", undefined, { signalId: "" }),
        () => ctx.signalWorkflow("other", "note", () => 1),
        () => ctx.startOrSignal("type", 1, { name: "note" }, { id: "i", idempotencyKey: "k" }),
        () => ctx.startOrSignal("type", 1, { name: "note", signalId: "s" }, { idempotencyKey: "k" }),
        () => ctx.startOrSignal("type", () => 1, { name: "note" }),
      ];
      for (const call of calls) {
        try {
          yield* call();
        } catch (error) {
          codes.push((error as { code?: string }).code);
        }
      }
      return codes;
    });
    const invalid = "INVALID_ARGUMENT";
    const unsendable = "PAYLOAD_NOT_SERIALIZABLE";
    expect(run.result).toEqual([invalid, invalid, invalid, unsendable, invalid, invalid, unsendable]);
    expect(run.decisions).toEqual(["completed"]);
  });
});

describe.each(BOTH_WAYS)("ctx.startOrSignal, %s,", (_way, start) => {
  test("names the delivery by the run and its number when the caller names none", async () => {
    const run = await start(function* (ctx) {
      return yield* ctx.startOrSignal("order", 7, { name: "paid", payload: 1 }, { runTimeout: "1m" });
    });
    expect(run.commands[0]).toMatchObject({
      ...{ kind: "start-or-signal-sent", seq: 1, name: "order", workflowId: "run-1-1", signalId: "run-1/1" },
      ...{ signalName: "paid", onTerminalConflict: "reject", times: { runTimeoutMs: 60_000 } },
    });
    const started: MessageAnswer = { outcome: "started", workflowId: "run-1-1", runId: "r" };
    await answer(run, 1, started);
    expect(run.result).toEqual(started);
  });

  test("a key decides the workflow; its conflict and its purge are typed", async () => {
    const run = await start(function* (ctx) {
      const codes: unknown[] = [];
      for (let time = 0; time < 2; time++) {
        try {
          yield* ctx.startOrSignal("order", 7, { name: "paid" }, { idempotencyKey: "k" });
        } catch (error) {
          codes.push((error as { code?: string }).code);
        }
      }
      return codes;
    });
    expect(run.commands[0]).toMatchObject({ idempotencyKey: "k", signalId: "k" });
    expect(run.commands[0]).not.toHaveProperty("workflowId");
    await answer(run, 1, { outcome: "conflict", workflowId: "w", runId: "r", status: "failed" });
    await answer(run, 2, { outcome: "purged", workflowId: "w" });
    expect(run.result).toEqual(["START_OR_SIGNAL_CONFLICT", "IDEMPOTENCY_KEY_PURGED"]);
  });
});
