import { decodePayload, errorOf } from "@heddle/protocol";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/** `ctx.step`: a function that the owner runs in its own process and whose outcome it records. */
export class StepOperation<T> extends RuntimeOperation<T> {
  constructor(
    private readonly name: string,
    private readonly execute: () => unknown,
  ) {
    super();
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const seq = runtime.nextSeq();
    const stop = runtime.expect(seq, (event) => {
      if (event.kind === "step-completed") settle({ ok: true, value: decodePayload(event.result) });
      if (event.kind === "step-failed") settle({ ok: false, error: errorOf(event.failure) });
    });
    runtime.emit({ kind: "step-started", seq, name: this.name });
    runtime.requestStep({ seq, name: this.name, execute: this.execute });
    return () => {
      stop();
      runtime.withdrawStep(seq);
    };
  }
}
