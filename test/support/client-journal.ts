// What clients asked for and what they were told, kept outside the system under test.

export interface SentSignal {
  readonly client: string;
  readonly workflowId: string;
  /** Differs for every signal. */
  readonly payload: string;
  /** `unknown`: the client was told neither that it was accepted nor that it was refused. */
  outcome: "accepted" | "refused" | "unknown";
}

export class ClientJournal {
  /** Run ids that starts were answered with, by workflow id. */
  readonly runs = new Map<string, string>();
  /** In the order in which each client sent them; a client sends the next when it was told about the one before. */
  readonly signals: SentSignal[] = [];
  /** Workflow ids for which two answers named different runs. */
  readonly divergent: string[] = [];

  runAccepted(workflowId: string, runId: string): void {
    const known = this.runs.get(workflowId);
    if (known !== undefined && known !== runId) this.divergent.push(workflowId);
    this.runs.set(workflowId, runId);
  }

  /** Call before sending; the caller sets the outcome when it is told. */
  signalSent(signal: Omit<SentSignal, "outcome">): SentSignal {
    const sent: SentSignal = { ...signal, outcome: "unknown" };
    this.signals.push(sent);
    return sent;
  }
}
