import { encodePayload } from "@heddle/protocol";
import type { StartedOrSignalled, StartOrSignalCallOptions } from "@heddle/workflow";
import { assertKnownOptions } from "../../client/naming.js";
import { runTimesOf } from "../../client/run-times.js";
import { assertStartOrSignalOptions } from "../../client/start-or-signal-options.js";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { derivedRunId, derivedWorkflowId } from "../derived-ids.js";
import { outcomeOf, sendMessage } from "../send-message.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

const KNOWN = ["id", "idempotencyKey", "onTerminalConflict", "executionTimeout", "runTimeout"];

export interface StartOrSignalCall {
  readonly type: string;
  readonly input: unknown;
  readonly signal: {
    readonly name: string;
    readonly payload?: unknown;
    readonly signalId?: string | undefined;
  };
  readonly options: StartOrSignalCallOptions;
}

/** `ctx.startOrSignal`: resolves when the target has accepted. Cancelling it takes nothing back. */
export class StartOrSignalOperation extends RuntimeOperation<StartedOrSignalled> {
  constructor(private readonly call: StartOrSignalCall) {
    super();
    const { signal, options } = call;
    assertKnownOptions(options, KNOWN, "ctx.startOrSignal");
    // Without either the sender's run and number name the delivery, so that it is not made twice.
    const named = signal.signalId ?? (options.idempotencyKey === undefined ? "the sender's" : undefined);
    assertStartOrSignalOptions(named, options);
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const { type: name, signal, options } = this.call;
    const { idempotencyKey, onTerminalConflict = "reject" } = options;
    const { maxPayloadBytes: maxBytes, decidingRunId } = runtime;
    const input = encodePayload(this.call.input, { what: "input", maxBytes });
    const what = `payload of signal "${signal.name}"`;
    const payload = encodePayload(signal.payload, { what, maxBytes });
    const times = runTimesOf(options);
    const seq = runtime.nextSeq();
    return sendMessage(
      runtime,
      {
        ...{ kind: "start-or-signal-sent", seq, name, input, payload, onTerminalConflict },
        ...(idempotencyKey === undefined
          ? { workflowId: options.id ?? derivedWorkflowId(decidingRunId, seq) }
          : { idempotencyKey }),
        runId: derivedRunId(decidingRunId, seq),
        signalName: signal.name,
        signalId: signal.signalId ?? idempotencyKey ?? `${decidingRunId}/${seq}`,
        ...(times === undefined ? {} : { times }),
      },
      (answer) => settle(outcomeOf(answer, idempotencyKey)),
    );
  }
}
