import type { CallOptions } from "./call-options.js";
import type { AcceptedUpdate, WorkflowCalls } from "./workflow-calls.js";

/** An update that its workflow accepted. Cheap: it keeps ids, no connection and no state. */
export class AcceptedUpdateHandle<Output = unknown> {
  constructor(
    private readonly calls: WorkflowCalls,
    private readonly update: AcceptedUpdate,
  ) {}

  get workflowId(): string {
    return this.update.workflowId;
  }
  get runId(): string {
    return this.update.runId;
  }
  get updateId(): string {
    return this.update.updateId;
  }

  /**
   * What the handler returned, as soon as it has. Rejects with `UpdateFailedError` (whose `cause` is what the handler
   * threw), `UpdateNotCompletedError` (the run closed first) or `UpdateResultForgottenError`.
   */
  async result(options: CallOptions = {}): Promise<Output> {
    return (await this.calls.updateResult(this.update, options)) as Output;
  }
}
