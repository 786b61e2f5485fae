import type { AcceptedUpdate, UpdateOptions, WorkflowClient } from "@heddle/core";

export type UpdateArguments<Input> = [Input] extends [void]
  ? [input?: undefined, options?: UpdateOptions]
  : undefined extends Input
    ? [input?: Input, options?: UpdateOptions]
    : [input: Input, options?: UpdateOptions];

/** An update that its workflow accepted. Cheap: it keeps ids, no connection and no state. */
export class AcceptedUpdateHandle<Output = unknown> {
  constructor(
    private readonly client: () => Promise<WorkflowClient>,
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
   * threw), `UpdateNotCompletedError` (the run closed first) or `UpdateResultForgottenError` (its run continued as new and
   * its result was not kept).
   */
  async result(options: { signal?: AbortSignal } = {}): Promise<Output> {
    return (await (await this.client()).updates.result(this.update, options)) as Output;
  }
}
