import { CancelledError } from "@heddle/protocol";
import type { Log } from "@heddle/workflow";
import { CancelHandlers } from "./cancel-handlers.js";

/** Whether a run was asked to cancel, and who is told of it besides its code. */
export class Cancellation {
  readonly handlers: CancelHandlers;
  private error: CancelledError | undefined;
  private controller: AbortController | undefined;

  constructor(log: Log, isReplaying: () => boolean) {
    this.handlers = new CancelHandlers(log, isReplaying);
  }

  get isRequested(): boolean {
    return this.error !== undefined;
  }

  /** Returns false for a repetition: code that caught the cancellation may clean up without being cancelled again. */
  request(reason: string): boolean {
    if (this.isRequested) return false;
    this.error = new CancelledError(reason);
    this.controller?.abort(this.error);
    this.handlers.run(reason);
    return true;
  }

  /** Made when the code asks for it, because most code never does. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.error !== undefined) this.controller.abort(this.error);
    }
    return this.controller.signal;
  }
}
