import type { LocalStep } from "@heddle/core";
import { encodePayload, failureOf, type HistoryEvent } from "@heddle/protocol";

type StepEvent = Extract<HistoryEvent, { kind: "step-completed" | "step-failed" }>;

/** Runs one inline step and turns its outcome into an event. Never rejects. */
export async function runLocalStep(
  step: LocalStep,
  options: { maxPayloadBytes: number; nowMs: () => number },
): Promise<StepEvent> {
  const { seq, name } = step;
  try {
    const value: unknown = await step.execute();
    const result = encodePayload(value, {
      what: `result of step "${name}"`,
      maxBytes: options.maxPayloadBytes,
    });
    return { kind: "step-completed", at: options.nowMs(), seq, result };
  } catch (error) {
    return { kind: "step-failed", at: options.nowMs(), seq, failure: failureOf(error) };
  }
}
