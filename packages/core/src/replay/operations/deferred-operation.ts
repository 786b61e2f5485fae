import type { Deferred, Operation } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/**
 * Says in the history that the code of a run waits for itself, so that it is not taken for one that waits for nothing:
 * once for all such waits that are open together, because there may be thousands.
 */
export class DeferredWaits {
  private open = 0;
  private seq = 0;

  begin(runtime: Runtime): void {
    if (this.open++ > 0) return;
    this.seq = runtime.nextSeq();
    runtime.emit({ kind: "condition-awaited", seq: this.seq });
  }

  end(runtime: Runtime): void {
    if (--this.open === 0) runtime.emit({ kind: "condition-settled", seq: this.seq });
  }
}

/** `ctx.deferred()`. Settling costs its own waits and no others, unlike a condition, which is looked at with all others. */
export class DeferredValue<T> implements Deferred<T> {
  private outcome: Outcome | undefined;
  private readonly listeners = new Set<(outcome: Outcome) => void>();

  constructor(private readonly waits: DeferredWaits) {}

  get isSettled(): boolean {
    return this.outcome !== undefined;
  }

  resolve(value: T): void {
    this.settle({ ok: true, value });
  }

  reject(error: unknown): void {
    this.settle({ ok: false, error });
  }

  wait(): Operation<T> {
    return new DeferredOperation(this, this.waits);
  }

  /** Tells the outcome at once, or later; returns how to stop listening. */
  listen(listener: (outcome: Outcome) => void): (() => void) | undefined {
    if (this.outcome !== undefined) {
      listener(this.outcome);
      return undefined;
    }
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private settle(outcome: Outcome): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    const listeners = [...this.listeners];
    this.listeners.clear();
    for (const listener of listeners) listener(outcome);
  }
}

class DeferredOperation<T> extends RuntimeOperation<T> {
  constructor(
    private readonly deferred: DeferredValue<T>,
    private readonly waits: DeferredWaits,
  ) {
    super();
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const { deferred, waits } = this;
    if (deferred.isSettled) {
      deferred.listen(settle);
      return () => undefined;
    }
    waits.begin(runtime);
    let open = true;
    const end = (): void => {
      open = false;
      waits.end(runtime);
    };
    const stop = deferred.listen((outcome) => {
      end();
      settle(outcome);
    });
    return () => {
      if (!open) return;
      stop?.();
      end();
    };
  }
}
