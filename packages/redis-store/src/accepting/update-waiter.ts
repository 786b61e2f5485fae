import type { UpdateReply, UpdateState, UpdateWait } from "@heddle/core";

/** Someone who waits for an update to be as far as asked for. */
export class UpdateWaiter {
  readonly reply: Promise<UpdateReply>;
  lookAgain: NodeJS.Timeout | undefined;
  /** Names the chain of runs that was asked; unknown until the request is answered. */
  firstRunId: string | undefined;
  /** What was heard before that. */
  private readonly early: UpdateState[] = [];
  private resolve: (reply: UpdateReply) => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    readonly update: { readonly workflowId: string; readonly updateId: string; readonly firstRunId?: string },
    private readonly until: UpdateWait["until"],
  ) {
    this.firstRunId = update.firstRunId;
    this.reply = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // It may fail while its request is on its way, when nobody listens yet.
    this.reply.catch(() => undefined);
  }

  /** The answer of a script: it names the chain. */
  answered(reply: UpdateReply): void {
    if (!isState(reply)) {
      this.resolve(reply);
      return;
    }
    this.firstRunId ??= reply.firstRunId;
    for (const state of [reply, ...this.early]) this.heard(state);
  }

  /** A message about the update of that id, perhaps of a workflow that had the id before. */
  heard(state: UpdateState): void {
    if (this.firstRunId === undefined) this.early.push(state);
    else if (this.firstRunId === state.firstRunId && this.isFarEnough(state)) this.resolve(state);
  }

  /** What was asked for, unless the wait fails before it comes. */
  unlessFailed<T>(asked: Promise<T>): Promise<T> {
    return Promise.race([asked, this.reply.then(() => asked)]);
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
  return ["admitted", "accepted", "completed", "rejected", "forgotten", "abandoned"].includes(reply.outcome);
}
