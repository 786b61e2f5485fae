import { assertName, InvalidArgumentError } from "@heddle/protocol";
import type { ChildHandle, Operation } from "@heddle/workflow";
import type { Child, Children } from "../children.js";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import type { ChildCall } from "./child-call.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";
import { SendSignalOperation } from "./send-signal-operation.js";

/** `ctx.startChild`: resolves to a handle when the start is accepted. */
export class StartChildOperation extends RuntimeOperation<ChildHandle> {
  constructor(
    private readonly children: Children,
    private readonly call: ChildCall,
  ) {
    super();
  }

  start(_runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const child = this.children.start(this.call);
    const handleOf = (): Outcome => ({ ok: true, value: new StartedChild(child) });
    const stop = child.whenStarted((outcome) => settle(outcome.ok ? handleOf() : outcome));
    return child.cancelAwaited(stop, settle, handleOf);
  }
}

/** `ctx.runChild`: start and result in one. */
export class RunChildOperation extends RuntimeOperation<unknown> {
  constructor(
    private readonly children: Children,
    private readonly call: ChildCall,
  ) {
    super();
  }

  start(_runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const child = this.children.start(this.call);
    return child.cancelAwaited(child.whenEnded(settle), settle);
  }
}

class ChildResultOperation extends RuntimeOperation<unknown> {
  constructor(private readonly child: Child) {
    super();
  }

  start(_runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    return this.child.cancelAwaited(this.child.whenEnded(settle), settle);
  }
}

class CancelChildOperation extends RuntimeOperation<undefined> {
  constructor(
    private readonly child: Child,
    private readonly reason: string | undefined,
  ) {
    super();
  }

  start(_runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    if (!this.child.isPending) {
      settle({ ok: true, value: undefined });
      return () => undefined;
    }
    return this.child.requestCancel(this.reason, () => settle({ ok: true, value: undefined }));
  }
}

class StartedChild implements ChildHandle {
  readonly workflowId: string;
  readonly runId: string;
  readonly #child: Child;

  constructor(child: Child) {
    this.workflowId = child.workflowId;
    this.runId = child.runId;
    this.#child = child;
  }

  result(): Operation<unknown> {
    return new ChildResultOperation(this.#child);
  }

  signal(signal: unknown, payload?: unknown): Operation<undefined> {
    const name: unknown =
      typeof signal === "object" && signal !== null && "name" in signal ? signal.name : signal;
    assertName(name, "signal name");
    const { workflowId, runId } = this;
    return new SendSignalOperation({ workflowId, runId, name, payload });
  }

  cancel(reason?: string): Operation<undefined> {
    if (reason !== undefined && typeof reason !== "string") {
      throw new InvalidArgumentError("the reason of a child's cancellation must be text");
    }
    return new CancelChildOperation(this.#child, reason);
  }
}
