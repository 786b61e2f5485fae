import { encodePayload } from "@heddle/protocol";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { outcomeOf, sendMessage } from "../send-message.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

export interface SentSignal {
  readonly workflowId: string;
  /** The first run of the chain that is meant; absent for whatever run has the id. */
  readonly runId?: string;
  readonly name: string;
  readonly payload: unknown;
  readonly signalId?: string | undefined;
}

/** `ctx.signalWorkflow`: resolves when the target has accepted the signal. Cancelling it takes nothing back. */
export class SendSignalOperation extends RuntimeOperation<undefined> {
  constructor(private readonly signal: SentSignal) {
    super();
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const { workflowId, runId, name, signalId } = this.signal;
    const payload = encodePayload(this.signal.payload, {
      what: `payload of signal "${name}"`,
      maxBytes: runtime.maxPayloadBytes,
    });
    const seq = runtime.nextSeq();
    return sendMessage(
      runtime,
      {
        ...{ kind: "signal-sent", seq, workflowId, name, payload },
        ...(runId === undefined ? {} : { runId }),
        ...(signalId === undefined ? {} : { signalId }),
      },
      (answer) => {
        const outcome = outcomeOf(answer);
        settle(outcome.ok ? { ok: true, value: undefined } : outcome);
      },
    );
  }
}
