import { offloadedValueNotFound, type LocalStep, type OffloadedPayload } from "@heddle/core";
import { encodePayload, failureOf, type HistoryEvent, type Payload } from "@heddle/protocol";

type StepEvent = Extract<HistoryEvent, { kind: "step-completed" | "step-failed" | "load-completed" }>;

export interface StepOutcome {
  readonly event: StepEvent;
  /** The value of a `load-completed`. */
  readonly loaded?: OffloadedPayload;
}

interface StepSurroundings {
  readonly maxPayloadBytes: number;
  nowMs(): number;
  readOffloaded(valueId: string): Promise<Payload | undefined>;
}

/** Runs one inline step and turns its outcome into an event. Rejects when a value can be neither loaded nor missed. */
export async function runLocalStep(step: LocalStep, around: StepSurroundings): Promise<StepOutcome> {
  return "valueId" in step ? runLoad(step, around) : { event: await runFunction(step, around) };
}

async function runLoad(
  { seq, valueId }: { readonly seq: number; readonly valueId: string },
  around: StepSurroundings,
): Promise<StepOutcome> {
  const payload = await around.readOffloaded(valueId);
  const at = around.nowMs();
  if (payload === undefined) {
    return { event: { kind: "step-failed", at, seq, failure: failureOf(offloadedValueNotFound(valueId)) } };
  }
  return { event: { kind: "load-completed", at, seq, valueId }, loaded: { valueId, payload } };
}

async function runFunction(
  { seq, name, execute }: { readonly seq: number; readonly name: string; readonly execute: () => unknown },
  around: StepSurroundings,
): Promise<StepEvent> {
  try {
    const value: unknown = await execute();
    const result = encodePayload(value, {
      what: `result of step "${name}"`,
      maxBytes: around.maxPayloadBytes,
    });
    return { kind: "step-completed", at: around.nowMs(), seq, result };
  } catch (error) {
    return { kind: "step-failed", at: around.nowMs(), seq, failure: failureOf(error) };
  }
}
