import {
  BulkClient,
  type BulkForkOptions,
  type BulkOptions,
  type BulkResetOptions,
  type BulkSummary,
  type RunFilterOptions,
  type WorkflowClient,
} from "@heddle/core";
import type { SignalHandle } from "@heddle/workflow";

type WithReason<Options> = Options & { readonly reason?: string };

/**
 * One operation on all workflows that match a filter, as `Engine.list` takes it: newest first, and none that starts
 * later. `dryRun` tells what would be touched. A workflow that fails is told in the summary and holds none up; to carry
 * on after an interruption, repeat the call with the same `operationId`.
 */
export class Bulk {
  constructor(private readonly client: () => Promise<WorkflowClient>) {}

  private async operations(): Promise<BulkClient> {
    return new BulkClient(await this.client());
  }

  /** Asks all open ones to cancel. */
  async cancel(filter: RunFilterOptions, options: WithReason<BulkOptions> = {}): Promise<BulkSummary> {
    return (await this.operations()).cancel(filter, options);
  }
  /** Closes all open ones, without their code. */
  async terminate(filter: RunFilterOptions, options: WithReason<BulkOptions> = {}): Promise<BulkSummary> {
    return (await this.operations()).terminate(filter, options);
  }
  signal<Payload>(
    filter: RunFilterOptions,
    signal: SignalHandle<Payload>,
    payload: Payload,
    options?: BulkOptions,
  ): Promise<BulkSummary>;
  signal(
    filter: RunFilterOptions,
    signal: string,
    payload?: unknown,
    options?: BulkOptions,
  ): Promise<BulkSummary>;
  /** Signals all open ones, each once per `operationId`. */
  async signal(
    filter: RunFilterOptions,
    signal: { readonly name: string } | string,
    payload?: unknown,
    options: BulkOptions = {},
  ): Promise<BulkSummary> {
    return (await this.operations()).signal(filter, signal, payload, options);
  }
  /** `WorkflowHandle.reset` of all, each to its own event. */
  async reset(filter: RunFilterOptions, options: BulkResetOptions): Promise<BulkSummary> {
    return (await this.operations()).reset(filter, options);
  }
  /** `WorkflowHandle.retry` of all failed ones; those that cannot be retried are skipped. */
  async retry(
    filter: RunFilterOptions,
    options: WithReason<BulkOptions> & { readonly version?: string } = {},
  ): Promise<BulkSummary> {
    return (await this.operations()).retry(filter, options);
  }
  /** `WorkflowHandle.fork` of all, each from its own event. */
  async fork(filter: RunFilterOptions, options: BulkForkOptions): Promise<BulkSummary> {
    return (await this.operations()).fork(filter, options);
  }
}
