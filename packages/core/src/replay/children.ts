import {
  CancelledError,
  ChildDepthExceededError,
  ChildWorkflowFailedError,
  decodePayload,
  encodePayload,
  errorOf,
  type HistoryEvent,
} from "@heddle/protocol";
import type { PendingChild } from "../store/messages.js";
import { derivedRunId, derivedWorkflowId } from "./derived-ids.js";
import type { ChildCall } from "./operations/child-call.js";
import { type Cancel, WINDING_DOWN } from "./operations/runtime-operation.js";
import type { Outcome } from "./outcome.js";
import type { Runtime, SettlingEvent } from "./runtime.js";
import { outcomeOf, sendMessage } from "./send-message.js";

/** Enough for any tree that somebody meant; code that starts itself without end is stopped here. */
const MAX_DEPTH = 20;

/** The children that the code of one run has started. */
export class Children {
  private readonly bySeq = new Map<number, Child>();
  /** How many ancestors the run itself has. */
  depth = 0;

  constructor(private readonly runtime: Runtime) {}

  /** Those whose end the run has not heard of, in the order of their start. */
  get pending(): readonly PendingChild[] {
    return [...this.bySeq.values()].filter((child) => child.isPending);
  }

  /** Throws `ChildDepthExceededError`, or what the encoding of the input throws; then nothing is decided. */
  start(call: ChildCall): Child {
    const { type, policy, id, onOpen, onClosed, times } = call;
    const depth = this.depth + 1;
    if (depth > MAX_DEPTH) {
      throw new ChildDepthExceededError(
        `child "${type}" would have ${depth} ancestors, the limit is ${MAX_DEPTH}; ` +
          "start it with ctx.startOrSignal as a workflow of its own, or let one parent start many children",
        { details: { type, depth, maxDepth: MAX_DEPTH } },
      );
    }
    const input = encodePayload(call.input, {
      what: `input of child "${type}"`,
      maxBytes: this.runtime.maxPayloadBytes,
    });
    const seq = this.runtime.nextSeq();
    const { decidingRunId } = this.runtime;
    const workflowId = id ?? derivedWorkflowId(decidingRunId, seq);
    const runId = derivedRunId(decidingRunId, seq);
    const child = new Child(this.runtime, { seq, workflowId, runId, policy }, call);
    this.bySeq.set(seq, child);
    this.runtime.expect(seq, (event) => child.take(event));
    this.runtime.emit({
      ...{ kind: "child-start-requested", seq, name: type, workflowId, runId, input, depth },
      ...{ parentClosePolicy: policy, onOpen, onClosed },
      ...(times === undefined ? {} : { times }),
    });
    return child;
  }
}

type Listener = (outcome: Outcome) => void;
type ChildEnded = Extract<HistoryEvent, { kind: "child-completed" | "child-failed" }>;

/** One child, from the request of its start to its end. */
export class Child implements PendingChild {
  readonly seq: number;
  readonly workflowId: string;
  readonly runId: string;
  readonly policy: PendingChild["policy"];
  private started: Outcome | undefined;
  private ended: Outcome | undefined;
  private wasCancelled = false;
  private cancelSent = false;
  private readonly startListeners = new Set<Listener>();
  private readonly endListeners = new Set<Listener>();

  constructor(
    private readonly runtime: Runtime,
    identity: PendingChild,
    private readonly call: Pick<ChildCall, "type" | "cancellation">,
  ) {
    this.seq = identity.seq;
    this.workflowId = identity.workflowId;
    this.runId = identity.runId;
    this.policy = identity.policy;
  }

  get isPending(): boolean {
    return this.ended === undefined;
  }

  /** Tells once whether its start was accepted; at once when that is known. Returns how to stop listening. */
  whenStarted(listener: Listener): () => void {
    return listen(this.started, this.startListeners, listener);
  }

  /** The same for its end; a child whose start was refused has ended with that. */
  whenEnded(listener: Listener): () => void {
    return listen(this.ended, this.endListeners, listener);
  }

  /** The answer to its start, or its end; the latter may be heard of first. */
  take(event: SettlingEvent): void {
    if (event.kind === "message-answered") {
      const outcome = outcomeOf(event.answer);
      if (outcome.ok) this.runtime.expect(this.seq, (next) => this.take(next));
      else this.end(outcome);
      this.tellStarted(outcome);
    } else if (event.kind === "child-completed" || event.kind === "child-failed") {
      this.wasCancelled = event.kind === "child-failed" && event.status === "cancelled";
      this.tellStarted({ ok: true, value: undefined });
      this.end(this.endOf(event));
    }
  }

  /** Asks the child to cancel; `answered` is called when it has the request. */
  requestCancel(reason: string | undefined, answered: () => void): () => void {
    const { workflowId, runId } = this;
    return sendMessage(
      this.runtime,
      {
        ...{ kind: "child-cancel-requested", seq: this.runtime.nextSeq(), workflowId, runId },
        ...(reason === undefined ? {} : { reason }),
      },
      answered,
    );
  }

  /**
   * What to do when code that awaits the child is cancelled: `stop` ends its wait, `settle` tells it later how that
   * went. `seen` is what it gets of an end that is not the cancellation: what it had awaited.
   */
  cancelAwaited(stop: () => void, settle: Listener, seen = (ended: Outcome) => ended): Cancel {
    return (reason) => {
      const { cancellation } = this.call;
      const cancelled = (cause?: unknown): CancelledError =>
        new CancelledError(reason ?? `the wait for child "${this.workflowId}" was cancelled`, { cause });
      stop();
      if (cancellation === "abandon" || !this.isPending) return undefined;
      const settleOnce = once(settle);
      const goOn = (): void => settleOnce({ ok: false, error: cancelled() });
      const isWaiting = cancellation === "wait-cancellation-requested";
      if (!this.cancelSent) this.requestCancel(reason, isWaiting ? goOn : () => undefined);
      else if (isWaiting) goOn();
      this.cancelSent = true;
      if (cancellation === "try-cancel") return undefined;
      this.whenEnded((outcome) => {
        // A child that did as it was told, or never ran, is the cancellation; any other end is seen before it.
        const isCancelled = this.wasCancelled || this.started?.ok !== true;
        if (!isCancelled) settleOnce({ ...seen(outcome), cancellation: cancelled() });
        else settleOnce({ ok: false, error: cancelled(outcome.ok ? undefined : outcome.error) });
      });
      return WINDING_DOWN;
    };
  }

  private tellStarted(outcome: Outcome): void {
    if (this.started !== undefined) return;
    this.started = outcome;
    tell(this.startListeners, outcome);
  }

  private end(outcome: Outcome): void {
    this.ended = outcome;
    tell(this.endListeners, outcome);
  }

  private endOf(event: ChildEnded): Outcome {
    if (event.kind === "child-completed") {
      return { ok: true, value: decodePayload(event.result) };
    }
    const { type } = this.call;
    const { workflowId } = this;
    const { runId, status, failure } = event;
    const error = new ChildWorkflowFailedError(
      `child "${workflowId}" of type "${type}" is ${status}: ${failure.name}: ${failure.message}`,
      { details: { workflowId, runId, type, status }, cause: errorOf(failure) },
    );
    return { ok: false, error };
  }
}

function listen(known: Outcome | undefined, listeners: Set<Listener>, listener: Listener): () => void {
  if (known !== undefined) {
    listener(known);
    return () => undefined;
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(listeners: Set<Listener>, outcome: Outcome): void {
  const all = [...listeners];
  listeners.clear();
  for (const listener of all) listener(outcome);
}

function once(settle: Listener): Listener {
  let settled = false;
  return (outcome) => {
    if (settled) return;
    settled = true;
    settle(outcome);
  };
}
