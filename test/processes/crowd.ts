// The workflow of the kill test of limits: many activities at once, of which few may be in progress.
import { setTimeout as delay } from "node:timers/promises";
import { activity, workflow } from "heddle";
import { appendLine, monotonicMs, type Effect } from "./effects-ledger.js";
import { setting } from "./setting.js";

export const CROWD_LIMIT = 3;

/** Writes when it begins and when it ends into the ledger. */
export const enter = activity<number, number>({
  name: "enter",
  limits: { concurrency: CROWD_LIMIT },
  retry: { maxAttempts: 1_000, initialBackoff: "50ms", maxBackoff: "100ms" },
  async execute(seq, { workflowId, runId, attempt }) {
    const tell = (result: "begins" | "ends"): void => {
      const effect: Effect = {
        ...{ workflowId, runId, seq, attempt, result },
        ...{ pid: process.pid, atMs: monotonicMs() },
      };
      appendLine(setting("EFFECTS_FILE"), effect);
    };
    tell("begins");
    await delay(100);
    tell("ends");
    return seq;
  },
});

export const crowd = workflow({ name: "crowd" })
  .activities({ enter })
  .execute(async function* (ctx, size: number) {
    const members = Array.from({ length: size }, (_, index) => ctx.run("enter", index));
    return yield* ctx.all(members);
  });
