import type { UpdateReply, UpdateState, UpdateWait } from "@heddle/core";

/** Someone who waits for an update to be as far as asked for. */
export class UpdateWaiter {
  readonly reply: Promise<UpdateReply>;
  lookAgain: NodeJS.Timeout | undefined;
  /** Unknown until the request is answered. */
  runId: string | undefined;
  /** What was heard before that. */
  private readonly early: UpdateState[] = [];
  private resolve: (reply: UpdateReply) => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    readonly update: { readonly workflowId: string; readonly updateId: string; readonly runId?: string },
    private readonly until: UpdateWait["until"],
  ) {
    this.runId = update.runId;
    this.reply = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // It may fail while its request is on its way, when nobody listens yet.
    this.reply.catch(() => undefined);
  }

  /** The answer of a script: it names the run. */
  answered(reply: UpdateReply): void {
    if (!isState(reply)) {
      this.resolve(reply);
      return;
    }
    this.runId ??= reply.runId;
    for (const state of [reply, ...this.early]) this.heard(state);
  }

  /** A message about the update of that id, perhaps of an earlier run of the workflow. */
  heard(state: UpdateState): void {
    if (this.runId === undefined) this.early.push(state);
    else if (this.runId === state.runId && this.isFarEnough(state)) this.resolve(state);
  }

  fail(error: Error): void {
    this.reject(error);
  }

  private isFarEnough({ outcome }: UpdateState): boolean {
    if (outcome === "admitted") return this.until === "admitted";
    return outcome !== "accepted" || this.until !== "completed";
  }
}

function isState(reply: UpdateReply): reply is UpdateState {
  return ["admitted", "accepted", "completed", "rejected", "abandoned"].includes(reply.outcome);
}
