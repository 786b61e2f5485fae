import type { OffloadedValue } from "@heddle/workflow";
import type { OffloadedValues } from "../offloaded-values.js";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/** `ctx.offload`: settles at once, because the value is written by the commit of the turn that decided it. */
export class OffloadOperation<T> extends RuntimeOperation<OffloadedValue<T>> {
  constructor(
    private readonly values: OffloadedValues,
    private readonly value: T,
  ) {
    super();
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const seq = runtime.nextSeq();
    const valueId = this.values.offload(seq, this.value);
    runtime.emit({ kind: "value-offloaded", seq, valueId });
    settle({ ok: true, value: { valueId } });
    return () => undefined;
  }
}
