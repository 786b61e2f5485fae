import { assertName, assertUpdateId, assertWorkflowId, encodePayload } from "@heddle/protocol";
import type { IdSource } from "../id-source.js";
import type { AcceptingStore } from "../store/accepting-store.js";
import type { UpdateRequest } from "../store/update-requests.js";
import {
  acceptedUpdateOf,
  assertUpdateOptions,
  updateResultOf,
  type AcceptedUpdate,
  type UpdateOptions,
} from "./update-result.js";

/** Updates of workflows, over any store. Nothing is written before all input is checked. */
export class UpdateClient {
  constructor(
    private readonly store: AcceptingStore,
    private readonly ids: IdSource,
    private readonly limits: { readonly maxPayloadBytes: number },
  ) {}

  /**
   * Has the code of an open run take an update; resolves to what its handler returns.
   * Errors: `UpdateRejectedError`, `UpdateNotFoundError`, `UpdateFailedError`, `UpdateNotCompletedError`,
   * `WorkflowNotFoundError`, `WorkflowNotRunningError`, `InboxFullError`, `PayloadTooLargeError`.
   */
  async execute(
    workflowId: string,
    name: string,
    input?: unknown,
    options: UpdateOptions = {},
  ): Promise<unknown> {
    const request = this.request({ workflowId, name, input, options });
    const { signal } = options;
    const reply = await this.store.update(request, { until: "completed", ...(signal && { signal }) });
    return updateResultOf(request, reply);
  }

  /** Resolves as soon as the code has accepted the update; `result` waits for the rest. Errors: those of `execute`. */
  async start(
    workflowId: string,
    name: string,
    input?: unknown,
    options: UpdateOptions = {},
  ): Promise<AcceptedUpdate> {
    const request = this.request({ workflowId, name, input, options });
    const { signal } = options;
    const reply = await this.store.update(request, { until: "accepted", ...(signal && { signal }) });
    return acceptedUpdateOf(request, reply);
  }

  /** What the handler of an accepted update returns. Errors: those of `execute`. */
  async result(update: AcceptedUpdate, options: { signal?: AbortSignal } = {}): Promise<unknown> {
    const reply = await this.store.awaitUpdate(update, { until: "completed", ...options });
    return updateResultOf(update, reply);
  }

  private request(asked: {
    workflowId: string;
    name: string;
    input: unknown;
    options: UpdateOptions;
  }): UpdateRequest {
    const { workflowId, name, options } = asked;
    assertWorkflowId(workflowId);
    assertName(name, "update name");
    assertUpdateOptions(options);
    const { updateId = this.ids.randomId() } = options;
    assertUpdateId(updateId);
    const { maxBytes, what } = { maxBytes: this.limits.maxPayloadBytes, what: `input of update "${name}"` };
    return { workflowId, name, updateId, input: encodePayload(asked.input, { what, maxBytes }) };
  }
}
