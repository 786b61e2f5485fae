// The workflow of the kill test of async completion: one activity that the test answers.
import { activity, workflow } from "heddle";
import { appendLine, monotonicMs, type Effect } from "./effects-ledger.js";
import { setting } from "./setting.js";

/** Writes its token into the ledger, where the test finds it. */
export const ask = activity<void, string>({
  name: "ask",
  asyncComplete: true,
  retry: { maxAttempts: 1_000, initialBackoff: "100ms", maxBackoff: "500ms" },
  execute(_input, { workflowId, runId, attempt, taskToken }) {
    const effect: Effect = {
      ...{ workflowId, runId, seq: 1, attempt, result: taskToken },
      ...{ pid: process.pid, atMs: monotonicMs() },
    };
    appendLine(setting("EFFECTS_FILE"), effect);
  },
});

export const question = workflow({ name: "question" }).execute(async function* (ctx) {
  return yield* ctx.run(ask, undefined, { reference: "answer" });
});
