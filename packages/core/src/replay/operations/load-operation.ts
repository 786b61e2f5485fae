import { decodePayload, errorOf } from "@heddle/protocol";
import type { OffloadedValues } from "../offloaded-values.js";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/** `ctx.load`: the owner reads the value; history has where the code got it, so that a replay gives it there again. */
export class LoadOperation<T> extends RuntimeOperation<T> {
  constructor(
    private readonly values: OffloadedValues,
    private readonly valueId: string,
  ) {
    super();
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const { valueId } = this;
    const seq = runtime.nextSeq();
    const stop = runtime.expect(seq, (event) => {
      if (event.kind === "load-completed") {
        settle({ ok: true, value: decodePayload(this.values.takeSupplied(valueId)) });
      }
      if (event.kind === "step-failed") settle({ ok: false, error: errorOf(event.failure) });
    });
    runtime.emit({ kind: "load-started", seq, valueId });
    runtime.requestStep({ seq, name: "load", valueId });
    return () => {
      stop();
      runtime.withdrawStep(seq);
    };
  }
}
